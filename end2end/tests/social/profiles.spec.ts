// Profiles: the user, their figures and texts, and their posts.
import { axe, cards, expect, open, signIn, signUp, test } from "../../fixtures.ts";

test("a profile shows its user and only their posts", async ({ page }) => {
    await open(page, "/");
    await cards(page).nth(3).locator(".by a").first().click();
    const handle = `@${new URL(page.url()).pathname.slice(2)}`;
    await expect(page.getByText(handle, { exact: true }).first()).toBeVisible();
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.locator(".facts")).toHaveText(/\d+ followers?\s*\d+ following\s*[\d,]+ posts?\s*Joined in [A-Z][a-z]+ 20\d\d/);
    await expect(page.locator(".portrait img")).toHaveJSProperty("complete", true);
    const authors = await cards(page).locator(".by a:first-child span").allInnerTexts();
    expect(authors.length).toBeGreaterThan(0);
    expect(new Set(authors)).toEqual(new Set([handle]));
});

test("the post count equals the number of posts", async ({ page }) => {
    await open(page, "/@sunny_side");
    const figure = Number(/(\d+) posts?/.exec(await page.locator(".facts").innerText())?.[1]);
    await expect(cards(page)).toHaveCount(figure);
    await expect(page.getByText("That’s everything.")).toBeVisible();
});

test("a long profile shows older posts until the end", async ({ page, js }) => {
    await open(page, "/@stanley_cotter");
    await expect(cards(page)).toHaveCount(50);
    await page.getByRole("link", { name: "Older posts" }).click();
    if (js) await expect.poll(() => cards(page).count()).toBeGreaterThan(50);
    else await expect(page).toHaveURL(/^[^?]*\/@stanley_cotter\?before=\d+$/);
    await expect(page.getByText("That’s everything.")).toBeVisible();
    await expect(page.getByRole("link", { name: "Older posts" })).toHaveCount(0);
});

test("the user's own profile has no follow button", async ({ page }) => {
    await signIn(page, "ada");
    await open(page, "/");
    await page.getByRole("link", { name: "Profile", exact: true }).click();
    await expect(page).toHaveURL("/@ada");
    await expect(page.getByRole("heading", { level: 1, name: "Ada Marlow" })).toBeVisible();
    await expect(page.locator(".follow")).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("aria-current", "page");
});

test("a profile marks users who follow the signed-in user", async ({ page }) => {
    await signIn(page, "ada");
    await open(page, "/@layla_haddad");
    await expect(page.getByText("Follows you")).toBeVisible();
});

test("users without a display name appear by username", async ({ page }) => {
    await open(page, "/@quietly_here");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/quietly_here/);
    await expect(page).toHaveTitle(/quietly_here/);
});

test("profile addresses ignore the case of usernames", async ({ page }) => {
    expect((await page.goto("/@ADA"))?.status()).toBe(200);
    await expect(page.getByRole("heading", { level: 1, name: "Ada Marlow" })).toBeVisible();
    await expect(page.locator("link[rel=canonical]")).toHaveAttribute("href", /\/@ada$/);
});

test("a profile has tabs for posts, replies and likes", async ({ page }) => {
    await open(page, "/@ada");
    const tabs = page.getByRole("navigation", { name: "Profile" });
    for (const [name, address] of [
        ["Replies", "/@ada/replies"],
        ["Likes", "/@ada/likes"],
        ["Posts", "/@ada"],
    ] as const) {
        await tabs.getByRole("link", { name }).click();
        await expect(page).toHaveURL(address);
        await expect(tabs.getByRole("link", { name })).toHaveAttribute("aria-current", "page");
        expect(await cards(page).count(), name).toBeGreaterThan(0);
        await expect(page.getByText(/^In reply to @/).first()).toBeVisible({ visible: name === "Replies" });
    }
    await axe(page);
});

test("the follower list loads further users on request", async ({ page, js }) => {
    await open(page, "/@ada");
    const figure = Number(/(\d+) followers/.exec(await page.locator(".facts").innerText())?.[1]);
    expect(figure).toBeGreaterThan(50);
    await page.getByRole("link", { name: /followers$/ }).click();
    await expect(page).toHaveURL("/@ada/followers");
    await axe(page);
    const people = page.locator(".user-list > li:not(.pager)");
    await expect(people).toHaveCount(50);
    await page.getByRole("link", { name: "More people" }).click();
    if (js) {
        await expect.poll(() => people.count()).toBeGreaterThan(50);
        await expect(people.nth(50).getByRole("link").first()).toBeFocused();
    } else {
        await expect(page).toHaveURL(/\/@ada\/followers\?before=\d+-\d+$/);
    }
    await expect(page.getByRole("navigation", { name: "People" }).getByRole("link", { name: "Following" })).toBeVisible();
});

test("follow buttons in user lists stay narrow for visitors", async ({ page }) => {
    await open(page, "/@ada/followers");
    const buttons = page.locator(".user-list .button");
    await expect(buttons.first()).toBeVisible();
    for (const button of (await buttons.all()).slice(0, 5)) {
        expect((await button.boundingBox())?.width).toBeLessThan(140);
    }
});

test("users can follow others from a user list", async ({ page, js }) => {
    await signUp(page);
    await open(page, "/@ada/following");
    const first = page.locator(".user-list > li").first().getByRole("button");
    await expect(first).toHaveText("Follow");
    await first.click();
    await expect(first).toHaveText("Following");
    // The button shows the change before the server has answered; leaving the page would cancel the request.
    await expect(first).not.toHaveAttribute("aria-busy", "true");
    await expect(page).toHaveURL(js ? "/@ada/following" : /\/@ada\/following/);
    await open(page, "/@ada/following");
    await expect(first).toHaveAttribute("aria-pressed", "true");
});
