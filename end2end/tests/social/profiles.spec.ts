// Profiles: the user, their figures and texts, and their posts.
import { axe, cards, expect, open, signIn, signUp, test } from "../../fixtures.ts";

test("a profile says who somebody is and shows only what they wrote", async ({ page }) => {
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

test("the figure of posts is the number of posts", async ({ page }) => {
    await open(page, "/@sunny_side");
    const figure = Number(/(\d+) posts?/.exec(await page.locator(".facts").innerText())?.[1]);
    await expect(cards(page)).toHaveCount(figure);
    await expect(page.getByText("That’s everything.")).toBeVisible();
});

test("somebody who wrote a lot is read to the end", async ({ page, js }) => {
    await open(page, "/@stanley_cotter");
    await expect(cards(page)).toHaveCount(50);
    await page.getByRole("link", { name: "Older posts" }).click();
    if (js) await expect.poll(() => cards(page).count()).toBeGreaterThan(50);
    else await expect(page).toHaveURL(/^[^?]*\/@stanley_cotter\?before=\d+$/);
    await expect(page.getByText("That’s everything.")).toBeVisible();
    await expect(page.getByRole("link", { name: "Older posts" })).toHaveCount(0);
});

test("one's own profile has nothing to follow", async ({ page }) => {
    await signIn(page, "ada");
    await open(page, "/");
    await page.getByRole("link", { name: "Profile", exact: true }).click();
    await expect(page).toHaveURL("/@ada");
    await expect(page.getByRole("heading", { level: 1, name: "Ada Marlow" })).toBeVisible();
    await expect(page.locator(".follow")).toHaveCount(0);
    await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("aria-current", "page");
});

test("who follows one is marked", async ({ page }) => {
    await signIn(page, "ada");
    await open(page, "/@layla_haddad");
    await expect(page.getByText("Follows you")).toBeVisible();
});

test("whoever gave no name goes by their username", async ({ page }) => {
    await open(page, "/@quietly_here");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/quietly_here/);
    await expect(page).toHaveTitle(/quietly_here/);
});

test("a username is found whatever its case", async ({ page }) => {
    expect((await page.goto("/@ADA"))?.status()).toBe(200);
    await expect(page.getByRole("heading", { level: 1, name: "Ada Marlow" })).toBeVisible();
    await expect(page.locator("link[rel=canonical]")).toHaveAttribute("href", /\/@ada$/);
});

test("what somebody wrote, answered and liked are three pages of theirs", async ({ page }) => {
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

test("who follows somebody is read to the end", async ({ page, js }) => {
    await open(page, "/@ada");
    const figure = Number(/(\d+) followers/.exec(await page.locator(".facts").innerText())?.[1]);
    expect(figure).toBeGreaterThan(50);
    await page.getByRole("link", { name: /followers$/ }).click();
    await expect(page).toHaveURL("/@ada/followers");
    await axe(page);
    const people = page.locator(".crowd > li:not(.pager)");
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

test("buttons in a list are as wide as their words, signed out too", async ({ page }) => {
    await open(page, "/@ada/followers");
    const buttons = page.locator(".crowd .button");
    await expect(buttons.first()).toBeVisible();
    for (const button of (await buttons.all()).slice(0, 5)) {
        expect((await button.boundingBox())?.width).toBeLessThan(140);
    }
});

test("somebody in a list is followed there", async ({ page, js }) => {
    await signUp(page);
    await open(page, "/@ada/following");
    const first = page.locator(".crowd > li").first().getByRole("button");
    await expect(first).toHaveText("Follow");
    await first.click();
    await expect(first).toHaveText("Following");
    await expect(page).toHaveURL(js ? "/@ada/following" : /\/@ada\/following/);
    await open(page, "/@ada/following");
    await expect(first).toHaveAttribute("aria-pressed", "true");
});
