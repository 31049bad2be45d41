// Error pages: a page of ours, with the right status, one heading and a link to continue.
import { axe, expect, open, signIn, test } from "../../fixtures.ts";
import type { Page } from "@playwright/test";

async function isAPageOfOurs(page: Page, heading: string): Promise<void> {
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
    await expect(page).toHaveTitle(`${heading} · Kith`);
    await axe(page);
    await page.getByRole("link", { name: "Go to the latest posts" }).click();
    await expect(page).toHaveURL("/");
}

for (const path of ["/nothing-here", "/posts/999999999", "/posts/x", "/@nobody_at_all", "/settings/nothing"]) {
    test(`${path} answers 404 with an error page`, async ({ page, allow }) => {
        allow("status of 404");
        expect((await page.goto(path))?.status()).toBe(404);
        await isAPageOfOurs(page, "Nothing here");
    });
}

test("error pages for signed-in users show their user menu", async ({ page, allow }) => {
    allow("status of 404");
    await signIn(page, "ada");
    await page.goto("/nothing-here");
    await expect(page.getByRole("button", { name: /^You: / })).toBeVisible();
    await isAPageOfOurs(page, "Nothing here");
});

test("a form that is too large is refused", async ({ page, allow }) => {
    allow("status of 413");
    await page.goto("/sign-in");
    const field = page.getByLabel("E-mail or username");
    await field.evaluate((input) => input.removeAttribute("maxlength"));
    await field.fill("a".repeat(10_000));
    await page.getByLabel("Password").fill("b");
    const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect((await answered).status()).toBe(413);
    await isAPageOfOurs(page, "Too much at once");
});

test("opening a form-only address answers 405 with an error page", async ({ page, allow }) => {
    allow("status of 405");
    expect((await page.goto("/sign-out"))?.status()).toBe(405);
    await isAPageOfOurs(page, "Not that way");
});

test("following without a session asks the user to sign in", async ({
    page,
    context,
    js,
    allow,
}) => {
    if (js) allow("status of 401");
    await signIn(page, "ada");
    await open(page, "/@uweharms");
    const button = page.locator("button.follow");
    const label = await button.innerText();
    await context.clearCookies();
    await button.click();
    if (js) {
        await expect(page.getByText("You are signed out. Sign in and try again.")).toBeVisible();
        await expect(button).toHaveText(label);
    } else {
        await expect(page).toHaveURL("/sign-in?next=%2F%40uweharms");
    }
});
