// Sign-in and sign-out: by either name, one answer to every failure, and nothing left for Back.
import { PASSWORD, axe, expect, signIn, test } from "../../fixtures.ts";
import type { Page } from "@playwright/test";

async function fillIn(page: Page, identifier: string, password = PASSWORD): Promise<void> {
    await page.getByLabel("E-mail or username").fill(identifier);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
}

for (const [what, identifier] of [
    ["username", "Edsger"],
    ["username as it is written", "@edsger"],
    ["e-mail address", "Edsger@kith.EXAMPLE"],
] as const) {
    test(`users sign in by ${what}`, async ({ page }) => {
        await page.goto("/sign-in");
        await expect(page.getByLabel("E-mail or username")).toBeFocused();
        await fillIn(page, identifier);
        await expect(page).toHaveURL("/");
        await expect(page.getByText("Good to see you again.")).toBeVisible();
        await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("href", "/@edsger");
    });
}

test("failed sign-ins show the same message and clear the password", async ({ page, allow }) => {
    allow("status of 422");
    const said = [];
    for (const identifier of ["edsger", "nobody_of_that_name", "nobody@kith.example"]) {
        await page.goto("/sign-in");
        const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
        await fillIn(page, identifier, "not the password");
        expect((await answered).status()).toBe(422);
        await expect(page.getByRole("alert")).toBeFocused();
        await expect(page.getByLabel("E-mail or username")).toHaveValue(identifier);
        await expect(page.getByLabel("Password")).toHaveValue("");
        said.push(await page.getByRole("main").innerText());
    }
    expect(said[0]).toContain("That e-mail or username and password don't match. Please check both.");
    expect(new Set(said).size, "nobody learns who is known").toBe(1);
    await axe(page);
});

test("a page for users redirects to sign-in and back", async ({ page, allow }) => {
    allow("status of 422");
    await page.goto("/settings/devices");
    await expect(page).toHaveURL("/sign-in?next=%2Fsettings%2Fdevices");
    await fillIn(page, "edsger", "not the password");
    await expect(page.getByRole("alert"), "a failure keeps the way").toBeVisible();
    await fillIn(page, "edsger");
    await expect(page).toHaveURL("/settings/devices");
});

test("sign-in never redirects to another site", async ({ page }) => {
    for (const next of ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)"]) {
        await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
        await fillIn(page, "edsger");
        await expect(page, next).toHaveURL("/");
    }
});

test("the sign-in checkbox decides how long the cookie lasts", async ({ page, context }) => {
    const ends = async () => (await context.cookies()).find((cookie) => cookie.httpOnly && cookie.name === "id")?.expires;
    await page.goto("/sign-in");
    await expect(page.getByLabel("Keep me signed in")).toBeChecked();
    await page.getByLabel("Keep me signed in").uncheck();
    await fillIn(page, "edsger");
    await expect(page).toHaveURL("/");
    expect(await ends(), "a cookie of this browser session").toBe(-1);

    await page.goto("/sign-in");
    await fillIn(page, "edsger");
    await expect(page).toHaveURL("/");
    expect((await ends()) ?? 0, "a cookie of weeks").toBeGreaterThan(Date.now() / 1_000 + 20 * 24 * 60 * 60);
});

test("going back after sign-out shows nothing private", async ({ page }) => {
    await signIn(page, "edsger");
    await page.goto("/settings/devices");
    await expect(page.getByText("This device")).toBeVisible();
    await page.goto("/");
    await page.getByRole("button", { name: /^You: / }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText("You are signed out.")).toBeVisible();
    await expect(page.getByRole("textbox")).toHaveCount(0);

    await page.goBack();
    await expect(page.getByRole("link", { name: "Sign in" }).first()).toBeVisible();
    await expect(page.getByRole("button", { name: /^You: / })).toHaveCount(0);
    await page.goBack();
    await expect(page).toHaveURL(/\/sign-in/);
    await expect(page.getByText("This device")).toHaveCount(0);
});

test("a second sign-in switches to the other user", async ({ page }) => {
    await signIn(page, "edsger");
    await page.goto("/sign-in");
    await fillIn(page, "alan");
    await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("href", "/@alan");
});
