// Conversations: above and below a post, at any depth; every path through them is a plain link.
import { awake, axe, cards, expect, open, post, signIn, signUp, test, unique, write } from "../../fixtures.ts";
import type { Locator, Page } from "@playwright/test";

const replies = (page: Page): Locator => page.getByRole("region", { name: "Replies" });
const field = (page: Page): Locator => page.getByRole("textbox", { name: "Write a reply" });

/** Replies by the form's request alone; returns the id of the reply. */
async function answer(page: Page, parent: number, body: string): Promise<number> {
    expect(await post(page, `/posts/${parent}/replies`, { body })).toBe(303);
    const html = await (await page.request.get(`/posts/${parent}`)).text();
    const before = html.slice(0, html.lastIndexOf(body));
    return Number([...before.matchAll(/id="p(\d+)"/g)].at(-1)?.[1]);
}

test("a thread orders nested replies and links to each one", async ({ page }) => {
    await signIn(page, "edsger");
    const root = await write(page, "edsger", `The beginning, ${unique()}`);
    const first = await answer(page, root, `First, ${unique()}`);
    const below = await answer(page, first, `Below the first, ${unique()}`);
    const second = await answer(page, root, `Second, ${unique()}`);
    await open(page, `/posts/${root}`);
    const ids = await replies(page).getByRole("article").evaluateAll((list) => list.map((one) => one.id));
    expect(ids).toEqual([`p${first}`, `p${below}`, `p${second}`]);
    const left = async (id: number) => (await page.locator(`#p${id} .text`).boundingBox())?.x ?? 0;
    expect(await left(below), "an answer stands further in").toBeGreaterThan(await left(first));
    await axe(page);
    await page.locator(`#p${below} .when`).click();
    await expect(page).toHaveURL(`/posts/${below}#p${below}`);
    await expect(page.locator(`#p${below}`)).toBeInViewport();
    await expect(cards(page)).toHaveCount(3);
    await page.getByRole("link", { name: "Back to what this answers" }).click();
    await expect(page).toHaveURL(`/posts/${first}`);
});

test("the reply link opens a page with a focused field", async ({ page }) => {
    await signIn(page, "edsger");
    const root = await write(page, "edsger", `Who comes along? ${unique()}`);
    const first = await answer(page, root, `Me, ${unique()}`);
    await open(page, `/posts/${root}`);
    await page.locator(`#p${first} .replies`).click();
    await expect(page).toHaveURL(`/posts/${first}#body`);
    await awake(page);
    await expect(field(page)).toBeFocused();
    const text = `Lovely, ${unique()}`;
    await page.keyboard.type(text);
    await page.getByRole("button", { name: "Reply", exact: true }).click();
    await expect(replies(page).getByRole("article")).toHaveCount(1);
    await expect(replies(page)).toContainText(text);
    await open(page, `/posts/${root}`);
    await expect(page.locator(`#p${first} .replies`), "counted at its level").toHaveText("1");
    await expect(page.locator(`#p${root} .replies`), "and only there").toHaveText("1");
});

test("long and deep threads continue behind links and fit phones", async ({ page, js }) => {
    test.slow();
    // So many that they should not be in the counts of other tests.
    const { username } = await signUp(page);
    const root = await write(page, username, `Everybody! ${unique()}`);
    let deep = await answer(page, root, `Deep, ${unique()}`);
    const first = deep;
    for (let n = 0; n < 4; n++) deep = await answer(page, deep, `Deeper ${n} ${"and on ".repeat(20)} ${unique()}`);
    for (let n = 0; n < 22; n++) expect(await post(page, `/posts/${root}/replies`, { body: `Number ${n}` })).toBe(303);
    for (const width of [320, 390, 1_280]) {
        await page.setViewportSize({ width, height: 844 });
        await open(page, `/posts/${root}`);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        const texts = await replies(page).locator(".text").evaluateAll((all) => all.map((one) => one.parentElement!.clientWidth));
        expect(Math.min(...texts), `room for words at ${width}`).toBeGreaterThan(200);
    }
    await page.getByRole("link", { name: "Continue this conversation" }).click();
    await expect(page.locator(`#p${deep}`)).toBeVisible();
    await expect(page.locator(`#p${first}`), "with what it answers above").toBeVisible();
    await open(page, `/posts/${root}`);
    await page.getByRole("link", { name: "More replies" }).click();
    await expect(replies(page)).toContainText("Number 21");
    if (js) await expect(replies(page), "in place").toContainText("Number 0");
});

test("a deleted post with replies shows a short placeholder", async ({ page }) => {
    await signIn(page, "edsger");
    const text = `Regretted, ${unique()}`;
    const root = await write(page, "edsger", text);
    const first = await answer(page, root, `Too late, ${unique()}`);
    expect(await post(page, `/posts/${root}/delete`, {})).toBe(303);
    const answered = await page.goto(`/posts/${root}`);
    expect(answered?.status()).toBe(200);
    await expect(page.getByText("This post was deleted.")).toBeVisible();
    await expect(page.getByText(text)).toHaveCount(0);
    await expect(page.locator(`#p${first}`)).toBeVisible();
    await expect(field(page)).toHaveCount(0);
    await axe(page);
    const height = (await page.locator(`#p${root}`).boundingBox())?.height ?? 999;
    expect(height, "a line, not a hole").toBeLessThan(80);
});

test("keyboard shortcuts move, like and reply in a thread", async ({ page, js }) => {
    if (!js) return;
    await signIn(page, "edsger");
    const root = await write(page, "edsger", `By keyboard, ${unique()}`);
    const first = await answer(page, root, `One, ${unique()}`);
    const below = await answer(page, first, `Below one, ${unique()}`);
    await open(page, `/posts/${root}`);
    await page.keyboard.press("j");
    await expect(page.locator(`#p${first} .when`)).toBeFocused();
    await page.keyboard.press("j");
    await expect(page.locator(`#p${below} .when`)).toBeFocused();
    await page.keyboard.press("l");
    await expect(page.locator(`#p${below} .like`)).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("n");
    await expect(field(page)).toBeFocused();
});
