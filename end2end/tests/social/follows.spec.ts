// Follows: a button that shows the current state, and a count that follows it.
import { expect, open, post, signIn, test } from "../../fixtures.ts";
import type { Page } from "@playwright/test";

/**
 * Makes sure that the user does not follow this profile, which only this test follows in this project; returns its
 * follower count.
 */
async function notYetFollowed(page: Page, name: string): Promise<number> {
    expect(await post(page, `/@${name}/follow`, { follow: "false" })).toBe(303);
    await open(page, `/@${name}`);
    return Number(await page.locator("#followers b").innerText());
}

test("users follow and unfollow with a correct follower count", async ({ page, js }) => {
    await signIn(page, "grace");
    const name = js ? "maximiliana" : "sunny_side";
    const before = await notYetFollowed(page, name);
    const button = page.locator("button.follow");
    for (const [label, pressed, count] of [
        ["Following", "true", before + 1],
        ["Follow", "false", before],
        ["Following", "true", before + 1],
    ] as const) {
        await button.click();
        await expect(button).toHaveText(label);
        await expect(button).toHaveAttribute("aria-pressed", pressed);
        await expect(button, "the state says what changed").toHaveAccessibleName(`Follow @${name}`);
        await expect(page.locator("#followers b")).toHaveText(String(count));
        await expect(page).toHaveURL(`/@${name}`);
    }
    await page.reload();
    await expect(button).toHaveText("Following");
    await expect(page.locator("#followers")).toHaveText(`${before + 1} followers`);
});

test("a follow is shown at once and reverted on failure", async ({ page, js, allow }) => {
    await signIn(page, "edsger");
    if (!js) return;
    allow("net::ERR_");
    const before = await notYetFollowed(page, "quietly_here");
    const button = page.locator("button.follow");
    let fail = () => {};
    const held = new Promise<void>((resolve) => (fail = resolve));
    await page.route("**/api/set_follow", async (route) => {
        await held;
        await route.abort();
    });
    await button.click();
    await expect(button).toHaveText("Following");
    fail();
    await expect(button).toHaveText("Follow");
    await expect(button).toHaveAttribute("aria-pressed", "false");
    await expect(page.locator("#followers b")).toHaveText(String(before));
    await expect(page.getByText("This may have been saved; please check before trying again.")).toBeVisible();
});

test("posts of a followed user appear in the following feed", async ({ page, js }) => {
    await signIn(page, "barbara");
    const name = js ? "bowen" : "ondrej";
    await notYetFollowed(page, name);
    await page.locator("button.follow").click();
    await expect(page.locator("button.follow")).toHaveText("Following");
    await expect(page.locator("button.follow")).not.toHaveAttribute("aria-busy", "true");
    await open(page, "/following");
    await expect(page.getByRole("article").filter({ hasText: `@${name}` }).first()).toBeVisible();
});

test("following as a visitor leads to sign-in and back", async ({ page }) => {
    await open(page, "/@sunny_side");
    await page.getByRole("link", { name: "Follow", exact: true }).click();
    await expect(page).toHaveURL("/sign-in?next=/@sunny_side");
    await page.getByLabel("E-mail or username").fill("alan");
    await page.getByLabel("Password").fill("neighbours-are-kind");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/@sunny_side");
});
