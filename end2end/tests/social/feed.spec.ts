// The feed: fifty posts at a time, avatars from our own host, older ones on demand.
import { awake, cards, expect, open, signIn, signUp, test, unique, write } from "../../fixtures.ts";
import type { Locator, Page } from "@playwright/test";

const ids = (page: Page): Promise<number[]> =>
    cards(page).evaluateAll((list) => list.map((card) => Number(card.id.slice(1))));

const older = (page: Page): Locator => page.getByRole("link", { name: "Older posts" });

test("the feed shows fifty posts with avatars from this instance", async ({ page, baseURL }) => {
    await open(page, "/");
    await expect(cards(page)).toHaveCount(50);
    // Avatars below the fold are loaded as they come near.
    for (let n = 0; n < 50; n += 7) await cards(page).nth(n).scrollIntoViewIfNeeded();
    await cards(page).last().scrollIntoViewIfNeeded();
    const drawn = () =>
        cards(page)
            .locator("img")
            .evaluateAll((list) =>
                (list as HTMLImageElement[]).map((img) => ({
                    drawn: img.complete && img.naturalWidth > 0,
                    height: img.getBoundingClientRect().height,
                    origin: new URL(img.currentSrc || img.src).origin,
                })),
            );
    const face = { drawn: true, height: 44, origin: new URL(baseURL ?? "").origin };
    await expect.poll(drawn).toEqual(Array(50).fill(face));
    // Further back are only posts of the demo's users, none of a test.
    await open(page, "/?before=4000");
    await expect(cards(page)).toHaveCount(50);
    const faces = await cards(page).locator("img").evaluateAll((list) => list.map((img) => (img as HTMLImageElement).src));
    expect(new Set(faces).size, "many people, many faces").toBeGreaterThan(20);
});

test("a post shows its author, time, text and counts", async ({ page }) => {
    await open(page, "/");
    const card = cards(page).filter({ hasText: "h ago" }).first();
    const time = card.locator("time");
    await expect(time).toHaveText(/^\d+ h ago$/);
    await expect(time).toHaveAttribute("title", /^\d{1,2} [A-Z][a-z]+ 20\d\d, \d\d:\d\d UTC$/);
    const said = Number((await time.innerText()).split(" ")[0]);
    const exact = Date.parse((await time.getAttribute("datetime")) ?? "");
    expect(Math.floor((Date.now() - exact) / 3_600_000), "both say the same").toBe(said);
    await expect(card.locator(".by a").first()).toHaveText(/@[a-z0-9_]+$/);
    await expect(card.locator(".text")).not.toBeEmpty();
    await expect(card.locator(".like")).toHaveAccessibleName(/^Sign in to like .+’s post$/);
    await expect(card.locator(".like")).toHaveAccessibleDescription(/^\d[\d,.KM]* likes?$/);
    await expect(card.locator(".replies")).toHaveAccessibleName(/^\d[\d,.KM]* repl(y|ies)/);
});

test("older posts load in order without duplicates", async ({ page, js }) => {
    await signIn(page, "alan");
    await open(page, "/");
    const first = await ids(page);
    await older(page).click();
    if (js) {
        await expect(cards(page), "they come to the page").toHaveCount(100);
        await expect(page).toHaveURL("/");
    } else {
        await expect(page).toHaveURL(`/?before=${first.at(-1)}`);
    }
    const all = js ? await ids(page) : [...first, ...(await ids(page))];
    expect(new Set(all).size).toBe(100);
    expect(all).toEqual([...all].sort((a, b) => b - a));
    await expect(older(page), "and on it goes").toHaveCount(1);
    if (js) {
        const begins = cards(page).nth(50).locator(".when");
        await expect(begins, "who reads with a keyboard goes on where the new ones begin").toBeFocused();
        await cards(page).nth(60).locator(".like").click();
        await expect(cards(page).nth(60).locator(".like"), "what came later works too").toHaveAttribute("aria-pressed", /./);
    }
});

test("loading older posts can be retried after network failure", async ({ page, js, allow }) => {
    await open(page, "/");
    if (!js) {
        // Without script the browser itself shows the failure, and the link is still a link.
        await expect(older(page)).toHaveAttribute("href", /^\/\?before=\d+$/);
        return;
    }
    allow("net::ERR_");
    const newest = (await ids(page))[0];
    await page.route("**/?before=*", (route) => route.abort());
    await older(page).click();
    await expect(page.getByText("Couldn’t load more. Try again.")).toBeVisible();
    await expect(cards(page)).toHaveCount(50);
    await page.unroute("**/?before=*");
    await older(page).click();
    await expect(cards(page)).toHaveCount(100);
    await expect(page.getByText("Couldn’t load more. Try again.")).toHaveCount(0);
    expect((await ids(page))[0]).toBe(newest);
});

test("loading older posts can be retried after a server error", async ({ page, js, allow }) => {
    await open(page, "/");
    await page.route("**/?before=*&part=list", (route) => route.fulfill({ status: 503, body: "" }));
    if (js) allow("status of 503");
    await older(page).click();
    if (js) {
        await expect(page.getByText("Couldn’t load more. Try again.")).toBeVisible();
        await page.unroute("**/?before=*&part=list");
        await older(page).click();
        await expect(cards(page)).toHaveCount(100);
    } else {
        await expect(page).toHaveURL(/before=/);
        await expect(cards(page)).toHaveCount(50);
    }
});

for (const who of ["a member", "a stranger"] as const) {
    test(`going back returns ${who} to the same feed position`, async ({ page, js }) => {
        if (who === "a member") await signIn(page, "grace");
        await open(page, "/");
        await older(page).click();
        if (js) await expect(cards(page)).toHaveCount(100);
        else await expect(page).toHaveURL(/before=/);
        const [id] = (await ids(page)).slice(js ? 65 : 15);
        const card = page.locator(`#p${id}`);
        await card.scrollIntoViewIfNeeded();
        const top = (await card.boundingBox())?.y ?? NaN;
        await card.locator(".when").click();
        await expect(page).toHaveURL(`/posts/${id}`);
        await page.goBack();
        await awake(page);
        await expect(card).toBeInViewport();
        await expect
            .poll(async () => Math.abs(((await card.boundingBox())?.y ?? NaN) - top), "it stands where it stood")
            .toBeLessThan(40);
    });
}

test("cards open their post and avatars open the profile", async ({ page, js }) => {
    await open(page, "/");
    const card = cards(page).nth(2);
    const id = (await card.getAttribute("id"))?.slice(1);
    const { width, height } = (await card.boundingBox()) ?? { width: 0, height: 0 };
    await card.click({ position: { x: width - 20, y: height - 12 } });
    await expect(page).toHaveURL(`/posts/${id}`);
    await page.goBack();
    if (js) {
        await card.locator(".text").click({ position: { x: 4, y: 4 } });
        await expect(page).toHaveURL(`/posts/${id}`);
        await page.goBack();
    }
    const author = (await card.locator(".by a").first().getAttribute("href")) ?? "";
    await card.locator("img").click();
    await expect(page).toHaveURL(author);
});

test("users select text in a post without opening it", async ({ page, js }) => {
    await open(page, "/");
    const text = cards(page).nth(1).locator(".text");
    await text.scrollIntoViewIfNeeded();
    const { x, y } = (await text.boundingBox()) ?? { x: 0, y: 0 };
    if (js) {
        await page.mouse.move(x + 2, y + 12);
        await page.mouse.down();
        await page.mouse.move(x + 90, y + 12, { steps: 5 });
        await page.mouse.up();
    } else {
        // Playwright cannot drag without script.
        await page.mouse.dblclick(x + 12, y + 12);
    }
    expect((await page.evaluate(() => String(getSelection()))).length).toBeGreaterThan(1);
    await expect(page).toHaveURL("/");
});

test("a long post is folded until the user expands it", async ({ page }) => {
    await signIn(page, "grace");
    const end = `the end of ${unique()}`;
    const id = await write(page, "grace", `A long story, ${unique()}. ${"And then there was more. ".repeat(32)}${end}`);
    await open(page, "/@grace");
    const card = page.locator(`#p${id}`);
    const text = card.locator(".text");
    const folded = (await text.boundingBox())?.height ?? 0;
    expect(await text.evaluate((p) => p.scrollHeight > p.clientHeight + 20), "some of it is hidden").toBe(true);
    await card.getByText("Read on").click();
    await expect.poll(async () => (await text.boundingBox())?.height ?? 0).toBeGreaterThan(folded + 20);
    expect(await text.evaluate((p) => p.scrollHeight > p.clientHeight + 2)).toBe(false);
    await expect(card.getByText("Read on")).toBeHidden();
    await expect(page).toHaveURL("/@grace");
});

test("the following feed shows only followed users and own posts", async ({ page }) => {
    await signIn(page, "grace");
    await open(page, "/following");
    await expect(cards(page)).toHaveCount(50);
    const authors = await cards(page)
        .locator(".by a:first-child")
        .evaluateAll((links) => [...new Set(links.map((link) => link.getAttribute("href") ?? ""))]);
    expect(authors.length).toBeGreaterThan(2);
    for (const author of authors.filter((path) => path !== "/@grace").slice(0, 4)) {
        const profile = await (await page.request.get(author)).text();
        expect(profile, `grace follows ${author}`).toMatch(/aria-pressed="true"[^>]*>Following/);
    }
});

test("an empty following feed suggests users to follow", async ({ page, js }) => {
    await signUp(page);
    await open(page, "/following");
    await expect(page.getByRole("heading", { name: "Find people to follow" })).toBeVisible();
    const people = page.getByRole("button", { name: /^Follow @/ });
    await expect(people).toHaveCount(5);
    const first = people.first();
    const label = (await first.getAttribute("aria-label")) ?? "";
    await first.click();
    if (js) {
        await expect(page.getByRole("button", { name: label })).toHaveAttribute("aria-pressed", "true");
        await expect(first, "the server has answered").not.toHaveAttribute("aria-busy", "true");
        await page.goto("/following");
    }
    await expect(cards(page).first()).toBeVisible();
    await expect(cards(page).locator(".by a:first-child span").first()).toHaveText(label.replace("Follow ", ""));
});

test("an invalid feed position answers 404", async ({ page, allow }) => {
    allow("status of 404");
    expect((await page.goto("/?before=yesterday"))?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1, name: "Nothing here" })).toBeVisible();
    await page.goto("/?before=1");
    await expect(page.getByText("That’s everything.")).toHaveCount(1);
});
