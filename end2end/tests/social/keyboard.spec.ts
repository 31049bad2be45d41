// Keyboard shortcuts: through the posts, to the like button, to the field; and never while the user types.
import { cards, expect, open, signIn, test, unique, write } from "../../fixtures.ts";

test("j and k move through posts and Enter opens one", async ({ page, js }) => {
    await open(page, "/");
    const at = (n: number) => cards(page).nth(n).locator(".when");
    if (!js) {
        // Without script there is Tab.
        await at(0).focus();
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL(/\/posts\/\d+$/);
        return;
    }
    await page.keyboard.press("j");
    await expect(at(0), "the first in sight").toBeFocused();
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await expect(at(2)).toBeFocused();
    await expect(cards(page).nth(2)).toBeInViewport();
    await page.keyboard.press("k");
    await expect(at(1)).toBeFocused();
    await page.keyboard.press("k");
    await page.keyboard.press("k");
    await expect(at(0), "there is nothing above the first").toBeFocused();
    for (let n = 0; n < 12; n++) await page.keyboard.press("j");
    await expect(at(12)).toBeFocused();
    // Neither the bar above nor the tabs below hide it.
    await expect
        .poll(() => cards(page).nth(12).evaluate((card) => {
            const { left, top, bottom } = card.getBoundingClientRect();
            return [top + 4, bottom - 4].every((y) => card.contains(document.elementFromPoint(left + 8, y)));
        }))
        .toBe(true);
    const href = (await at(12).getAttribute("href")) ?? "";
    await page.keyboard.press("Enter");
    await expect(page).toHaveURL(href);
});

test("l likes only the current post", async ({ page, js }) => {
    await signIn(page, "barbara");
    const ids = [await write(page, "barbara", `Older, ${unique()}`), await write(page, "barbara", `Newer, ${unique()}`)];
    await open(page, "/@barbara");
    if (!js) return;
    const hearts = ids.map((id) => page.locator(`#p${id} .like`));
    await page.keyboard.press("l");
    for (const heart of await cards(page).locator(".like").all()) {
        await expect(heart, "no post is being read yet").not.toHaveClass(/fresh/);
    }
    await page.locator(`#p${ids[0]} .when`).focus();
    await page.keyboard.press("l");
    await expect(hearts[0]!).toHaveAttribute("aria-pressed", "true");
    await expect(hearts[1]!).toHaveAttribute("aria-pressed", "false");
    await open(page, `/posts/${ids[1]}`);
    await page.keyboard.press("l");
    await expect(hearts[1]!, "on its own page it is the one that is read").toHaveAttribute("aria-pressed", "true");
});

test("n focuses the field for a new post", async ({ page, js }) => {
    await signIn(page, "barbara");
    await open(page, "/");
    if (!js) return;
    await page.keyboard.press("n");
    await expect(page.getByRole("textbox", { name: "What are you up to?" })).toBeFocused();
    await expect(page.getByRole("textbox"), "and writes no n").toHaveValue("");
    await open(page, "/settings/devices");
    await page.keyboard.press("n");
    await expect(page).toHaveURL("/posts/new");
    await expect(page.getByRole("textbox", { name: "What are you up to?" })).toBeFocused();
});

test("shortcuts are ignored while the user types", async ({ page }) => {
    await signIn(page, "barbara");
    await open(page, "/");
    const field = page.getByRole("textbox", { name: "What are you up to?" });
    await field.focus();
    await page.keyboard.type("jkln/? JKLN");
    await expect(field).toBeFocused();
    await expect(field).toHaveValue("jkln/? JKLN");
    await open(page, "/elevate");
    await page.keyboard.type("jkln/?");
    await expect(page.getByLabel("Password")).toHaveValue("jkln/?");
});

test("shortcuts with modifier keys are left to the browser", async ({ page, js }) => {
    await open(page, "/");
    if (!js) return;
    const taken = await page.evaluate(() => {
        const press = (key: string, more: KeyboardEventInit = {}) => {
            const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
            document.body.dispatchEvent(event);
            return event.defaultPrevented;
        };
        return {
            "Ctrl+L": press("l", { ctrlKey: true }),
            "Meta+K": press("k", { metaKey: true }),
            "Alt+N": press("n", { altKey: true }),
            // If the page has no search field, the key remains the browser's.
            "/": press("/") && !document.querySelector("input[type=search]"),
        };
    });
    expect(taken).toEqual({ "Ctrl+L": false, "Meta+K": false, "Alt+N": false, "/": false });
});

test("the sidebar lists the keyboard shortcuts", async ({ page }) => {
    await signIn(page, "barbara");
    await open(page, "/");
    await expect(page.getByRole("complementary").locator("kbd")).toHaveText(["j", "k", "l", "↵", "n", "/"]);
});
