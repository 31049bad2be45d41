// Writing: counted, sent, never lost; a post's own page, replies, deletion.
import { awake, axe, cards, expect, open, post, signIn, test, unique, write } from "../../fixtures.ts";
import type { Locator, Page } from "@playwright/test";

const field = (page: Page): Locator => page.getByRole("textbox", { name: "What are you up to?" });
const send = (page: Page): Locator => page.getByRole("button", { name: "Post", exact: true });
const said = (page: Page): Locator => page.locator("form.composer p[role=status]");
const sheet = (page: Page, name: string): Locator => page.getByRole("region", { name });

test("a sent post appears in the feed and profile", async ({ page, js }) => {
    await signIn(page, "alan");
    await open(page, "/");
    const text = `Fresh bread at the corner, ${unique()}.`;
    await field(page).fill(text);
    await send(page).click();
    const card = cards(page).filter({ hasText: text });
    await expect(card).toHaveCount(1);
    await expect(card.locator("time")).toHaveText("just now");
    if (js) {
        await expect(page.getByText("Posted.")).toBeVisible();
        await expect(field(page)).toHaveValue("");
        await expect(cards(page).first()).toContainText(text);
        await expect(cards(page), "without leaving the page").toHaveCount(51);
    } else {
        await expect(page.getByText("Posted.")).toBeVisible();
    }
    await page.goto("/@alan");
    await expect(cards(page).filter({ hasText: text }), "once").toHaveCount(1);
});

test("the new post page focuses its field and publishes posts", async ({ page }) => {
    await signIn(page, "alan");
    await open(page, "/posts/new");
    await expect(field(page)).toBeFocused();
    const text = `From the page for writing, ${unique()}.`;
    await page.keyboard.type(text);
    await send(page).click();
    await expect(page).toHaveURL("/");
    await expect(cards(page).filter({ hasText: text })).toHaveCount(1);
});

test("the character count updates while typing", async ({ page, js }) => {
    await signIn(page, "alan");
    await open(page, "/");
    const count = page.locator("form.composer output");
    await expect(count).toBeEmpty();
    if (!js) return;
    await field(page).fill("Hello 🌻");
    await expect(count, "a flower is one character").toHaveText("7 / 1,000");
    await field(page).fill("a".repeat(1_000));
    await expect(count).toHaveText("1,000 / 1,000");
    await expect(count).not.toHaveClass("over");
    await field(page).fill("a".repeat(1_001));
    await expect(count).toHaveClass("over");
    await field(page).fill("  ");
    await expect(count).toBeEmpty();
});

test("an over-long post shows the reason and preserves its text", async ({ page, js, allow }) => {
    allow("status of 422");
    await signIn(page, "alan");
    await open(page, "/");
    const text = `${unique()} ${"é".repeat(990)}`;
    await field(page).fill(text);
    const answered = js ? undefined : page.waitForResponse((answer) => answer.request().method() === "POST");
    await send(page).click();
    expect((await answered)?.status() ?? 422).toBe(422);
    await expect(page.locator("form.composer")).toContainText("That is 3 characters too long.");
    await expect(field(page)).toHaveValue(text);
    if (!js) {
        await expect(field(page)).toHaveAttribute("aria-invalid", "true");
        await expect(field(page)).toHaveAccessibleDescription("That is 3 characters too long.");
        await expect(field(page)).toBeFocused();
    }
    await axe(page);
    await field(page).fill(text.slice(0, -3));
    await send(page).click();
    await expect(cards(page).filter({ hasText: text.slice(0, 12) })).toHaveCount(1);
});

test("a post of only spaces is refused", async ({ page, allow }) => {
    allow("status of 422");
    await signIn(page, "alan");
    await open(page, "/");
    await field(page).fill(" \n ");
    await send(page).click();
    await expect(page.locator("form.composer")).toContainText("Write something first.");
});

test("pressing Ctrl+Enter sends the post if script is available", async ({ page, js }) => {
    await signIn(page, "alan");
    await open(page, "/");
    const text = `Sent by keyboard, ${unique()}.`;
    await field(page).fill(text);
    await field(page).press("Control+Enter");
    if (js) await expect(cards(page).filter({ hasText: text })).toHaveCount(1);
    // Without script the keys do nothing, and nothing is lost.
    else await expect(field(page)).toHaveValue(new RegExp(text));
});

test("a network failure preserves the text for a retry", async ({ page, js, allow }) => {
    await signIn(page, "alan");
    await open(page, "/");
    if (!js) return;
    allow("net::ERR_");
    const text = `A stubborn line, ${unique()}.`;
    await page.route("**/api/create_post", (route) => route.abort());
    await field(page).fill(text);
    await send(page).click();
    await expect(said(page)).toHaveText("This may have been saved; please check before trying again.");
    await expect(field(page)).toHaveValue(text);
    await expect(send(page)).toBeEnabled();
    await page.unroute("**/api/create_post");
    await send(page).click();
    await expect(cards(page).filter({ hasText: text })).toHaveCount(1);
    await expect(field(page)).toHaveValue("");
    await expect(said(page)).toBeEmpty();
});

test("a double click creates only one post", async ({ page, js }) => {
    await signIn(page, "alan");
    await open(page, "/");
    const text = `Only once, ${unique()}.`;
    await field(page).fill(text);
    await send(page).dblclick();
    await expect(cards(page).filter({ hasText: text })).toHaveCount(1);
    await page.goto("/@alan");
    await expect(cards(page).filter({ hasText: text }), js ? "sent by the island" : "sent by the form").toHaveCount(1);
});

test("markup in posts is shown as text with line breaks", async ({ page }) => {
    await signIn(page, "alan");
    const mark = unique();
    const text = `<b>${mark}</b> & "quotes" </textarea><script>alert(1)</script>\nsecond line`;
    await open(page, "/");
    await field(page).fill(text);
    await send(page).click();
    const words = cards(page).filter({ hasText: mark }).locator(".text");
    await expect(words).toHaveText(text, { useInnerText: true });
    await expect(words.locator(":not(p, br)")).toHaveCount(0);
    await page.reload();
    expect(await words.innerText()).toBe(text);
});

test("replies appear below their post and increase its reply count", async ({ page }) => {
    await signIn(page, "grace");
    const id = await write(page, "grace", `Who has a ladder? ${unique()}`);
    await open(page, `/posts/${id}`);
    await expect(page.getByText("No replies yet.")).toBeVisible();
    const reply = page.getByRole("textbox", { name: "Write a reply" });
    for (const [n, text] of [`I do, ${unique()}.`, `So do I, ${unique()}.`].entries()) {
        await reply.fill(text);
        await page.getByRole("button", { name: "Reply", exact: true }).click();
        await expect(sheet(page, "Replies").getByRole("article")).toHaveCount(n + 1);
        await expect(sheet(page, "Replies").getByRole("article").last(), "the oldest first").toContainText(text);
        await expect(page.getByText("No replies yet.")).toHaveCount(0);
        await expect(page.locator(`#p${id} .replies`)).toHaveText(String(n + 1));
        await awake(page);
    }
    await expect(reply).toHaveValue("");
    await page.reload();
    await expect(sheet(page, "Replies").getByRole("article")).toHaveCount(2);
    await sheet(page, "Replies").getByRole("article").last().locator(".when").click();
    await page.getByRole("link", { name: "Back to what this answers" }).click();
    await expect(page, "from a reply one comes back to its post").toHaveURL(`/posts/${id}`);
});

test("the count of replies leads to the replies", async ({ page }) => {
    await signIn(page, "grace");
    const id = await write(page, "grace", `Long enough to scroll: ${unique()} ${"and on it goes. ".repeat(55)}`);
    expect(await post(page, `/posts/${id}/replies`, { body: "Here." })).toBe(303);
    await page.setViewportSize({ width: 390, height: 500 });
    await open(page, `/posts/${id}`);
    await page.locator(`#p${id} .replies`).click();
    await expect(sheet(page, "Replies").getByRole("article").first()).toBeInViewport();
});

test("an over-long reply shows the reason and preserves its text", async ({ page, allow }) => {
    allow("status of 422");
    await signIn(page, "grace");
    const id = await write(page, "grace", `A question, ${unique()}`);
    await open(page, `/posts/${id}`);
    const reply = page.getByRole("textbox", { name: "Write a reply" });
    await reply.fill("x".repeat(1_001));
    await page.getByRole("button", { name: "Reply", exact: true }).click();
    await expect(page.locator("form.composer")).toContainText("That is 1 character too long.");
    await expect(reply).toHaveValue("x".repeat(1_001));
    await expect(page.locator(`#p${id}`), "under the post it answers").toBeVisible();
});

test("a post outlives its session and is sent after sign-in", async ({ page, js, allow }) => {
    allow("status of 401");
    await signIn(page, "grace");
    await open(page, "/");
    const text = `Written over a long lunch, ${unique()}.`;
    await field(page).fill(text);
    await page.context().clearCookies();
    await send(page).click();
    const kept = js ? field(page) : page.getByRole("textbox", { name: "Your words" });
    await expect(page.getByText("You are signed out").first()).toBeVisible();
    await expect(kept).toHaveValue(text);
    if (!js) {
        const [door] = await Promise.all([page.waitForEvent("popup"), page.getByRole("main").getByRole("link", { name: "Sign in" }).click()]);
        await expect(door).toHaveURL("/sign-in");
        await door.close();
    }
    await signIn(page, "grace");
    await send(page).click();
    await expect(page.getByText("Posted.")).toBeVisible();
    await page.goto("/@grace");
    await expect(cards(page).filter({ hasText: text }), "once").toHaveCount(1);
});

test("authors delete only their own posts after confirmation", async ({ page, allow }) => {
    allow("status of 404");
    await signIn(page, "grace");
    const text = `Soon gone, ${unique()}.`;
    const id = await write(page, "grace", text);
    await open(page, `/posts/${id}`);
    await expect(page.getByRole("button", { name: "Delete for good" })).toBeHidden();
    await page.locator("summary", { hasText: "Delete" }).click();
    await page.getByRole("button", { name: "Delete for good" }).click();
    await expect(page).toHaveURL("/@grace");
    await expect(page.getByText("Post deleted.")).toBeVisible();
    await expect(page.getByText(text)).toHaveCount(0);
    expect((await page.goto(`/posts/${id}`))?.status()).toBe(404);

    await open(page, "/@sunny_side");
    await cards(page).first().locator(".when").click();
    await expect(page.getByRole("heading", { level: 1, name: "Post" })).toBeVisible();
    await expect(page.getByText("Delete")).toHaveCount(0);
});

test("liking a post as a visitor leads to sign-in", async ({ page }) => {
    await open(page, "/@sunny_side");
    const path = (await cards(page).first().locator(".when").getAttribute("href")) ?? "";
    await open(page, path);
    await expect(page.getByRole("textbox")).toHaveCount(0);
    await cards(page).first().locator(".like").click();
    await expect(page).toHaveURL(`/sign-in?next=${path}`);
});
