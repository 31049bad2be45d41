// A form acts for the user it was rendered for: a tab from before another user signed in changes nothing.
import { axe, cards, expect, open, post, signIn, signUp, test, unique } from "../../fixtures.ts";

test("a post waits for confirmation after a user switch", async ({ page, allow }) => {
    allow("409");
    await signUp(page);
    await open(page, "/posts/new");
    const text = `Meant for another account, ${unique()}`;
    await page.getByRole("textbox", { name: /./ }).first().fill(text);
    const other = await page.context().newPage();
    expect(await post(other, "/sign-out", {})).toBe(303);
    await signIn(other, "grace");
    await page.getByRole("button", { name: "Post", exact: true }).click();
    await expect(page.getByRole("heading", { level: 1, name: "You are signed in as @grace" })).toBeVisible();
    await expect(page.getByRole("alert")).toContainText("your post is not sent");
    await expect(page.getByRole("textbox")).toHaveValue(text);
    await axe(page);
    await other.goto("/@grace");
    await expect(cards(other).filter({ hasText: text })).toHaveCount(0);
    await page.getByRole("button", { name: "Post" }).click();
    await other.reload();
    await expect(cards(other).filter({ hasText: text })).toHaveCount(1);
});

test("a settings form is refused after a user switch", async ({ page, allow }) => {
    allow("409");
    const someone = await signUp(page);
    await page.goto("/settings/account");
    await page.getByLabel("New address").fill(`new.${someone.email}`);
    const other = await page.context().newPage();
    expect(await post(other, "/sign-out", {})).toBe(303);
    await signIn(other, "grace");
    await page.getByRole("button", { name: "Send me a code" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "You are signed in as @grace" })).toBeVisible();
    await expect(page.getByText(`new.${someone.email}`)).toBeVisible();
    await axe(page);
    await page.getByRole("link", { name: "Open the page again" }).click();
    await expect(page).toHaveURL("/settings/account");
});

test("a like after a user switch reports the other user", async ({ page, allow }) => {
    allow("409");
    await signUp(page);
    await open(page, "/");
    const other = await page.context().newPage();
    expect(await post(other, "/sign-out", {})).toBe(303);
    await signIn(other, "grace");
    await cards(page).first().locator("button[name=like]").click();
    await expect(page.getByText(/(Another account is|You are) signed in/).first()).toBeVisible();
});
