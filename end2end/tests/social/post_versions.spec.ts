// Editing posts, their earlier versions, and drafts that outlive a tab.
import { awake, axe, cards, expect, open, signIn, test, unique, write } from "../../fixtures.ts";
import type { Locator, Page } from "@playwright/test";

const writing = (page: Page): Locator => page.getByRole("textbox", { name: "What are you up to?" });
const yours = (page: Page): Locator => page.getByRole("textbox", { name: "Your post" });
const restored = (page: Page): Locator => page.getByText("Draft restored.");

/** Waits until the typed text is kept. */
async function kept(page: Page, text: string): Promise<void> {
    await expect.poll(() => page.evaluate(() => Object.values({ ...localStorage }).join("\n"))).toContain(text);
}

test("authors edit their own posts and earlier versions stay readable", async ({ page, allow }) => {
    allow("status of 404");
    await signIn(page, "ada");
    const [before, after] = [`I like tea, ${unique()}`, `I like **coffee**, ${unique()}`];
    const id = await write(page, "ada", before);
    await open(page, `/posts/${id}`);
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await awake(page);
    await expect(yours(page)).toHaveValue(before);
    await expect(yours(page)).toBeFocused();
    await axe(page);
    await yours(page).fill(after);
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page).toHaveURL(`/posts/${id}#p${id}`);
    await expect(page.getByText("Edited.", { exact: true })).toBeVisible();
    await expect(page.locator(`#p${id} .text strong`)).toHaveText("coffee");
    await page.locator(`#p${id}`).getByRole("link", { name: "edited" }).click();
    await expect(page).toHaveURL(`/posts/${id}/history`);
    await expect(page.locator(".version")).toHaveCount(2);
    await expect(page.locator(".version").last()).toContainText(before);
    await axe(page);
    await page.goto("/@ada");
    await expect(page.locator(`#p${id}`).getByRole("link", { name: "edited" })).toBeVisible();
    await page.goto("/@sunny_side");
    const other = (await cards(page).first().locator(".when").getAttribute("href")) ?? "";
    expect((await page.goto(`${other}/edit`))?.status(), "others’ words are theirs").toBe(404);
});

test("a refused edit preserves its text", async ({ page, allow }) => {
    allow("status of 422");
    await signIn(page, "ada");
    const id = await write(page, "ada", `Short, ${unique()}`);
    await open(page, `/posts/${id}/edit`);
    await yours(page).fill("x".repeat(1_001));
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.locator("form.composer")).toContainText("That is 1 character too long.");
    await expect(yours(page)).toHaveValue("x".repeat(1_001));
});

test("a draft survives its tab and is removed when sent", async ({ page, js }) => {
    await signIn(page, "alan");
    await open(page, "/");
    if (!js) return;
    const text = `Half a thought, ${unique()}`;
    await writing(page).fill(text);
    // At once, without a pause: the tab is gone.
    const context = page.context();
    await page.goto("about:blank");
    const tab = await context.newPage();
    await open(tab, "/");
    await expect(writing(tab)).toHaveValue(text);
    await expect(restored(tab)).toBeVisible();
    await axe(tab);
    await tab.getByRole("button", { name: "Post", exact: true }).click();
    await expect(cards(tab).filter({ hasText: text })).toHaveCount(1);
    await expect(restored(tab)).toBeHidden();
    await open(tab, "/");
    await expect(writing(tab)).toHaveValue("");
    expect(await tab.evaluate(() => localStorage.length)).toBe(0);
});

test("each form stores its own draft, which users can discard", async ({ page, js }) => {
    await signIn(page, "alan");
    const ids = [await write(page, "alan", `One, ${unique()}`), await write(page, "alan", `Two, ${unique()}`)];
    if (!js) return;
    const reply = page.getByRole("textbox", { name: "Write a reply" });
    await open(page, `/posts/${ids[0]}`);
    await reply.fill("to the first");
    await kept(page, "to the first");
    await open(page, `/posts/${ids[1]}`);
    await expect(reply).toHaveValue("");
    await open(page, `/posts/${ids[0]}/edit`);
    const before = await yours(page).inputValue();
    await yours(page).fill("changed");
    await kept(page, "changed");
    await open(page, `/posts/${ids[0]}/edit`);
    await expect(yours(page)).toHaveValue("changed");
    await page.getByRole("button", { name: "Discard" }).click();
    await expect(yours(page)).toHaveValue(before);
    await expect(restored(page)).toBeHidden();
    await open(page, `/posts/${ids[0]}`);
    await expect(reply).toHaveValue("to the first");
    await page.getByRole("button", { name: "Discard" }).click();
    await page.reload();
    await awake(page);
    await expect(reply).toHaveValue("");
});

test("drafts are deleted on sign-out and user switch", async ({ page, js }) => {
    await signIn(page, "alan");
    await open(page, "/");
    if (!js) return;
    await writing(page).fill("my secret plan");
    await kept(page, "my secret plan");
    // The session ended elsewhere, and another user signs in here.
    await page.context().clearCookies();
    await signIn(page, "barbara");
    await open(page, "/");
    await expect(writing(page)).toHaveValue("");
    expect(await page.evaluate(() => localStorage.length), "nor is it left lying about").toBe(0);
    await writing(page).fill("barbara’s plan");
    await kept(page, "barbara’s plan");
    await page.getByRole("button", { name: /^You: / }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText("You are signed out.")).toBeVisible();
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
});

test("restoring a draft causes no layout shifts", async ({ page, js }) => {
    await signIn(page, "alan");
    await open(page, "/");
    if (!js) return;
    await writing(page).fill("a line\n".repeat(12));
    await kept(page, "a line");
    await page.addInitScript(() => {
        const jumps: number[] = [];
        Object.assign(window, { jumps });
        type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean };
        new PerformanceObserver((list) => {
            for (const shift of list.getEntries() as Shift[]) if (!shift.hadRecentInput) jumps.push(shift.value);
        }).observe({ type: "layout-shift", buffered: true });
    });
    for (const size of [
        { width: 320, height: 640 },
        { width: 375, height: 667 },
        { width: 390, height: 844 },
        { width: 1_280, height: 800 },
    ]) {
        await page.setViewportSize(size);
        await open(page, "/");
        await expect(restored(page)).toBeVisible();
        expect(await page.evaluate(() => (window as unknown as { jumps: number[] }).jumps)).toEqual([]);
    }
    await page.getByRole("button", { name: "Discard" }).click();
});

test("formatting help opens without script and fits a phone", async ({ page }) => {
    await signIn(page, "alan");
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page, "/posts/new");
    await expect(page.getByText("**bold**")).toBeHidden();
    await page.getByText("Formatting").click();
    await expect(page.getByText("**bold**")).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test("a form sent several times at once creates one post", async ({ page }) => {
    await signIn(page, "alan");
    await open(page, "/");
    const text = `Twice, ${unique()}`;
    // As a browser sends it again if the answer was lost.
    const once = (await page.locator("[name=once]").getAttribute("value")) ?? "";
    const for_user = (await page.locator("[name=for_user]").first().getAttribute("value")) ?? "";
    const { origin } = new URL(page.url());
    const form = { body: text, once, for_user };
    const send = () => page.request.post("/posts", { form, headers: { origin }, maxRedirects: 0 });
    const answers = await Promise.all([send(), send(), send()]);
    expect(answers.map((answer) => answer.status())).toEqual([303, 303, 303]);
    await open(page, "/@alan");
    await expect(cards(page).filter({ hasText: text })).toHaveCount(1);
});
