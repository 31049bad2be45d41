// Likes: given and removed, shown at once with script, and never counted wrongly.
import { awake, cards, expect, open, signIn, test, unique, write } from "../../fixtures.ts";

test("users like and unlike a post with a correct count", async ({ page, js }) => {
    await signIn(page, "edsger");
    const id = await write(page, "edsger", `To be liked, ${unique()}.`);
    await open(page, "/@edsger");
    const heart = page.locator(`#p${id} .like`);
    const name = /^Like Edsger.*’s post$/;
    await expect(heart).toHaveAccessibleName(name);
    await expect(heart).toHaveAccessibleDescription("0 likes");
    await expect(heart).toHaveText("");
    for (const [pressed, count] of [
        ["true", 1],
        ["false", 0],
        ["true", 1],
    ] as const) {
        await heart.click();
        if (!js) await expect(page, "back to the post it is about").toHaveURL(`/@edsger#p${id}`);
        await expect(heart).toHaveAttribute("aria-pressed", pressed);
        await expect(heart, "the state says what changed").toHaveAccessibleName(name);
        await expect(heart).toHaveAccessibleDescription(count === 1 ? "1 like" : "0 likes");
        await expect(heart).toHaveText(count ? String(count) : "");
        await expect(heart).not.toHaveAttribute("aria-busy", "true");
    }
    await page.goto(`/posts/${id}`);
    await expect(heart, "it is kept").toHaveAttribute("aria-pressed", "true");
    await expect(heart).toHaveAccessibleDescription("1 like");
});

test("liking on a post page stays on that page", async ({ page }) => {
    await signIn(page, "edsger");
    const id = await write(page, "edsger", `On its own page, ${unique()}.`);
    await open(page, `/posts/${id}`);
    await page.locator(`#p${id} .like`).click();
    await expect(page.locator(`#p${id} .like`)).toHaveAttribute("aria-pressed", "true");
    expect(new URL(page.url()).pathname).toBe(`/posts/${id}`);
});

test("a like is shown at once and reverted on failure", async ({ page, js, allow }) => {
    await signIn(page, "edsger");
    const id = await write(page, "edsger", `Unlucky, ${unique()}.`);
    await open(page, "/@edsger");
    if (!js) return;
    allow("net::ERR_");
    const heart = page.locator(`#p${id} .like`);
    let fail = () => {};
    const held = new Promise<void>((resolve) => (fail = resolve));
    await page.route("**/api/set_like", async (route) => {
        await held;
        await route.abort();
    });
    await heart.click();
    await expect(heart, "shown before the server has answered").toHaveAttribute("aria-pressed", "true");
    await expect(heart).toHaveText("1");
    fail();
    await expect(heart).toHaveAttribute("aria-pressed", "false");
    await expect(heart).toHaveText("");
    await expect(heart).toHaveAccessibleDescription("0 likes");
    await expect(page.getByText("This may have been saved; please check before trying again.")).toBeVisible();

    await page.unroute("**/api/set_like");
    await heart.click();
    await expect(heart).toHaveText("1");
    await expect(heart, "the server has answered").not.toHaveAttribute("aria-busy", "true");
    await page.reload();
    await expect(heart).toHaveAttribute("aria-pressed", "true");
});

test("liking changes the total count of likes by one", async ({ page, js }) => {
    await signIn(page, "edsger");
    await open(page, "/@ada");
    // No other test touches the cast's older posts: the project chooses this one.
    const card = cards(page).nth(js ? 20 : 24);
    const heart = card.locator(".like");
    const pressed = (await heart.getAttribute("aria-pressed")) === "true";
    const before = Number((await heart.innerText()) || "0");
    await heart.click();
    await awake(page);
    await expect(heart).toHaveAttribute("aria-pressed", String(!pressed));
    await expect(heart).toHaveText(String(before + (pressed ? -1 : 1)));
    await expect(heart, "the server has answered").not.toHaveAttribute("aria-busy", "true");
    await page.reload();
    await expect(heart).toHaveText(String(before + (pressed ? -1 : 1)));
});
