// The sessions of the signed-in user: listing them, revoking them, elevating before that.
import { anotherBrowser, cards, expect, open, signIn, signUp, test } from "../../fixtures.ts";
import type { Newcomer } from "../../fixtures.ts";
import type { BrowserContext, Page } from "@playwright/test";

const PHONE = "Mozilla/5.0 (Android 16; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0";

/** Signs in the user with one more browser, which is at `path` afterwards. */
async function onemore(page: Page, who: Newcomer, path: string, userAgent?: string): Promise<[BrowserContext, Page]> {
    const context = await anotherBrowser(page, userAgent ? { userAgent } : {});
    const other = await context.newPage();
    await signIn(other, who);
    await open(other, path);
    return [context, other];
}

test("revoking another session ends it at its next request", async ({ page, js }) => {
    const someone = await signUp(page);
    const [phone, elsewhere] = await onemore(page, someone, "/", PHONE);
    await page.goto("/settings/devices");
    const rows = page.getByRole("listitem").filter({ has: page.getByRole("heading", { level: 2 }) });
    await expect(rows).toHaveCount(2);
    await expect(rows.first(), "this browser comes first").toContainText("This device");
    await expect(rows.first()).toContainText(/Chrom(e|ium) \d+ on Linux/);
    await expect(rows.first()).toContainText(/ · 2001:db8:[0-9a-f:]+::1/);
    await expect(rows.last()).toContainText("Firefox 144 on Android");
    await expect(rows.last()).toContainText("Last active just now");
    await expect(rows.last()).toContainText("with your password");
    await expect(page.getByText("This device")).toHaveCount(1);

    await page.getByRole("button", { name: "Sign out Firefox on Android" }).click();
    await expect(page.getByText("Signed out of Firefox on Android.")).toBeVisible();
    await expect(rows).toHaveCount(1);

    if (js) {
        const heart = cards(elsewhere).first().locator(".like");
        await heart.click();
        await expect(elsewhere.getByText("You are signed out. Sign in and try again.")).toBeVisible();
        await expect(heart).toHaveAttribute("aria-pressed", "false");
    }
    await elsewhere.goto("/following");
    await expect(elsewhere).toHaveURL("/sign-in?next=%2Ffollowing");
    await page.goto("/following");
    await expect(page, "this browser stays signed in").toHaveURL("/following");
    await phone.close();
});

test("users revoke all other sessions, then all sessions", async ({ page }) => {
    const someone = await signUp(page);
    const others = [await onemore(page, someone, "/settings/devices"), await onemore(page, someone, "/following", PHONE)];
    await page.goto("/settings/devices");
    await page.getByRole("button", { name: "Sign out all other devices" }).click();
    await expect(page.getByText("Signed out everywhere but here.")).toBeVisible();
    await expect(page.getByText("This device")).toBeVisible();
    await expect(page.getByRole("button", { name: "Sign out all other devices" }), "there is no other").toHaveCount(0);
    for (const [context, other] of others) {
        await other.goto("/settings/devices");
        await expect(other).toHaveURL(/\/sign-in\?/);
        await context.close();
    }

    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await expect(page).toHaveURL("/");
    await expect(page.getByText("You are signed out everywhere.")).toBeVisible();
    await page.goto("/settings/devices");
    await expect(page).toHaveURL(/\/sign-in\?/);
});

test("revoking an ended session reports it and revokes nothing else", async ({ page, allow }) => {
    allow("status of 404");
    const someone = await signUp(page);
    const [phone, elsewhere] = await onemore(page, someone, "/settings/devices", PHONE);
    await page.goto("/settings/devices");
    await elsewhere.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(elsewhere.getByText("You are signed out.")).toBeVisible();
    await page.getByRole("button", { name: "Sign out Firefox on Android" }).click();
    await expect(page.getByText("That device was signed out already.")).toBeVisible();
    await expect(page.getByText("This device"), "with the devices there are").toBeVisible();
    await phone.close();
});

test("elevating by password continues to the requested page", async ({ page, allow }) => {
    allow("status of 422");
    await signIn(page, "barbara");
    await page.goto("/elevate?next=/following");
    await expect(page.getByRole("heading", { level: 1, name: "Is it you?" })).toBeVisible();
    await expect(page.getByRole("link", { name: "Not now" })).toHaveAttribute("href", "/following");
    await expect(page.getByLabel("Password")).toBeFocused();
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(page.locator("#current_password-error")).toBeVisible();
    await expect(page.getByLabel("Password")).toHaveValue("");
    await page.getByLabel("Password").fill("neighbours-are-kind");
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page).toHaveURL("/following");
});

test("elevation never redirects to another site", async ({ page }) => {
    await signIn(page, "barbara");
    await page.goto(`/elevate?next=${encodeURIComponent("//evil.example/")}`);
    await expect(page.getByRole("link", { name: "Not now" })).toHaveAttribute("href", "/settings/devices");
    await page.getByLabel("Password").fill("neighbours-are-kind");
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page).toHaveURL("/settings/devices");
});
