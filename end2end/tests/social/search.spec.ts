// Search for users, posts and tags: by the form, by the key, and from one page to the next.
import { awake, cards, expect, open, signIn, test, unique, write } from "../../fixtures.ts";

test("search finds posts and tags from the feed page", async ({ page }) => {
    const word = unique();
    await signIn(page, "barbara");
    await write(page, "barbara", `Bread with ${word} and a #${word}tag`);
    await open(page, "/");
    const field = page.getByRole("complementary").getByRole("searchbox", { name: "Search" });
    await field.fill(word);
    await field.press("Enter");
    await expect(page).toHaveURL(`/search?q=${word}`);
    await expect(page.getByRole("heading", { level: 1, name: "Search" })).toBeVisible();
    await expect(cards(page)).toHaveCount(1);
    await expect(page.getByRole("search")).toHaveCount(1);
    const kinds = page.getByRole("navigation", { name: "What to find" });
    await kinds.getByRole("link", { name: "Tags" }).click();
    await page.getByRole("link", { name: `#${word}tag` }).click();
    await expect(page).toHaveURL(`/tags/${word}tag`);
    await expect(page.getByRole("heading", { level: 1, name: `#${word}tag` })).toBeVisible();
    await expect(cards(page)).toHaveCount(1);
});

test("a misspelled username finds the user, who can be followed", async ({ page, js }) => {
    await signIn(page, "edsger");
    await open(page, "/search");
    const field = page.getByRole("main").getByRole("searchbox", { name: "Search" });
    if (js) await expect(field).toBeFocused();
    await field.fill("barbraa");
    await page.getByRole("button", { name: "Search" }).click();
    await awake(page);
    await expect(page.getByRole("heading", { name: "Spelled like it" })).toBeVisible();
    const follow = page.getByRole("button", { name: "Follow @barbara" });
    const before = await follow.getAttribute("aria-pressed");
    await follow.click();
    await expect(follow).toHaveAttribute("aria-pressed", before === "true" ? "false" : "true");
    await expect(page).toHaveURL("/search?q=barbraa");
});

test("older search results load below or on their own page", async ({ page, js }) => {
    await open(page, "/search/posts?q=the");
    await expect(cards(page)).toHaveCount(50);
    await page.getByRole("link", { name: "Older posts" }).click();
    if (js) {
        await expect(cards(page)).not.toHaveCount(50);
        await expect(page).toHaveURL("/search/posts?q=the");
    } else {
        await expect(page).toHaveURL(/\/search\/posts\?q=the&before=\d+$/);
        await expect(cards(page).first()).toBeVisible();
    }
});

test("the slash key focuses the search field unless users type", async ({ page, js }) => {
    await signIn(page, "barbara");
    await open(page, "/");
    if (!js) {
        await page.getByRole("link", { name: "Search" }).first().click();
        await expect(page).toHaveURL("/search");
        return;
    }
    await page.keyboard.press("/");
    const field = page.getByRole("complementary").getByRole("searchbox");
    await expect(field).toBeFocused();
    await page.keyboard.type("a/b");
    await expect(field).toHaveValue("a/b");
    const composer = page.locator(".composer textarea");
    await composer.focus();
    await page.keyboard.type("and/or");
    await expect(composer).toHaveValue("and/or");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator(".post .when").first().focus();
    await page.keyboard.press("/");
    await expect(page, "where no field is in sight, to the page with one").toHaveURL("/search");
    await expect(page.getByRole("searchbox")).toBeFocused();
});

test("search explains invalid queries and empty results", async ({ page, allow }) => {
    allow("422");
    const long = "lantern ".repeat(30).trim();
    await open(page, `/search?q=${encodeURIComponent(long)}`);
    await expect(page.getByRole("alert")).toContainText("too long");
    await expect(page.getByRole("main").getByRole("searchbox")).toHaveValue(long);
    await open(page, "/search?q=%25%26!");
    await expect(page.getByRole("heading", { name: "Nothing to look for" })).toBeVisible();
    await open(page, `/search?q=${unique()}`);
    await expect(page.getByRole("heading", { name: "Nothing found" })).toBeVisible();
});
