// The head of a page, as a browser reads it: a picture that loads, a feed that parses.
import { cards, expect, open, test } from "../../fixtures.ts";

test("preview metadata names the page and an image that loads", async ({ page, allow }) => {
    // The browser's own page around a single picture has inline styles, which our policy forbids.
    allow(/^console: Applying inline style .*\.png\)$/);
    for (const path of ["/", "/@ada", "/@layla_haddad"]) {
        await open(page, path);
        const content = async (property: string) =>
            (await page.locator(`head meta[property="${property}"]`).getAttribute("content")) ?? "";
        await expect(page.locator("head link[rel=canonical]")).toHaveAttribute("href", await content("og:url"));
        expect(new URL(await content("og:url")).pathname, path).toBe(path);
        const picture = await page.goto(await content("og:image"));
        expect(picture?.headers()["content-type"], path).toMatch(/^image\/(png|jpeg|webp)$/);
        await expect(page.locator("img")).toBeVisible();
    }
});

test("the Atom feed of a profile contains its newest post", async ({ page }) => {
    await open(page, "/@ada");
    const first = await cards(page).first().getByRole("time").first().getAttribute("datetime");
    const href = await page.locator('head link[type="application/atom+xml"]').getAttribute("href");
    const answer = await page.request.get(href ?? "");
    expect(answer.headers()["content-type"]).toBe("application/atom+xml; charset=utf-8");
    const feed = await answer.text();
    expect(first && feed.includes(`<published>${first.slice(0, 16)}`), `${first} in the feed`).toBe(true);
    expect(feed).toContain('<content type="html">');
});
