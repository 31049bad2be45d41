// Sign-up: the form, its errors, the code from the mail.
import { aNewcomer, axe, expect, mailCode, post, test } from "../../fixtures.ts";
import type { Newcomer } from "../../fixtures.ts";
import type { Page } from "@playwright/test";

async function fillIn(page: Page, wish: Newcomer): Promise<void> {
    await page.getByLabel("E-mail").fill(wish.email);
    await page.getByLabel("Username").fill(wish.username);
    await page.getByLabel("Password").fill(wish.password);
}

test("an e-mail code completes sign-up and signs the user in", async ({ page }) => {
    const someone = aNewcomer();
    await page.goto("/");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Sign up" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Join Kith" })).toBeVisible();
    await fillIn(page, someone);
    await page.getByLabel("Name (optional)").fill("Nora the Newcomer");
    await page.getByRole("button", { name: "Continue", exact: true }).click();

    await expect(page).toHaveURL("/sign-up/verify");
    await expect(page.getByText(someone.email)).toBeVisible();
    await expect(page.getByLabel("Code")).toBeFocused();
    await axe(page);
    await page.getByLabel("Code").fill(await mailCode(page.request, someone.email));
    await page.getByRole("button", { name: "Create my account" }).click();

    await expect(page).toHaveURL("/");
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();
    await expect(page.getByRole("textbox", { name: "What are you up to?" })).toBeVisible();
    await page.goto(`/@${someone.username}`);
    await expect(page.getByRole("heading", { level: 1, name: "Nora the Newcomer" })).toBeVisible();
    await expect(page.getByText("Nothing yet")).toBeVisible();
    await page.goto("/");
    await expect(page.getByText("Welcome to Kith."), "it is said once").toHaveCount(0);
});

test("sign-up reports each invalid field and clears only the password", async ({
    page,
    allow,
}) => {
    allow("status of 422");
    await page.goto("/sign-up");
    await fillIn(page, { email: "nobody@localhost@twice", username: "1st", password: "password" });
    // The browser would stop this before the server sees it; other clients do not.
    await page.locator("form.stack").evaluate((form: HTMLFormElement) => (form.noValidate = true));
    const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    expect((await answered).status()).toBe(422);

    const summary = page.getByRole("alert");
    await expect(summary).toBeFocused();
    await expect(summary.getByRole("link")).toHaveCount(3);
    for (const label of ["E-mail", "Username", "Password"]) {
        const field = page.getByLabel(label);
        await expect(field).toHaveAttribute("aria-invalid", "true");
        const message = page.locator(`#${await field.getAttribute("id")}-error`);
        await expect(message).toBeVisible();
        await expect(field).toHaveAccessibleDescription(new RegExp(escape(await message.innerText())));
        await expect(summary).toContainText(await message.innerText());
    }
    await expect(page.getByLabel("E-mail")).toHaveValue("nobody@localhost@twice");
    await expect(page.getByLabel("Username")).toHaveValue("1st");
    await expect(page.getByLabel("Password")).toHaveValue("");
    await summary.getByRole("link").nth(1).click();
    await expect(page.getByLabel("Username"), "a line of the summary leads to its field").toBeFocused();
    await axe(page);
});

test("sign-up suggests free usernames when one is in use", async ({ page, allow }) => {
    allow("status of 422");
    await page.goto("/sign-up");
    await fillIn(page, { ...aNewcomer(), username: "Grace" });
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    const message = page.locator("#username-error");
    await expect(message).toContainText("That username is taken. Free ones like it:");
    const free = (await message.innerText()).split(":")[1]?.match(/[a-z0-9_]+/g) ?? [];
    expect(free.length).toBeGreaterThan(1);
    for (const name of free) {
        expect(name).toMatch(/^grace/);
        expect((await page.request.get(`/@${name}`)).status(), `@${name} is free`).toBe(404);
    }
    await expect(page.getByLabel("Username")).toHaveValue("Grace");
});

test("sign-up shows remaining tries and replaces codes on request", async ({ page, allow }) => {
    allow("status of 422");
    const someone = aNewcomer();
    expect(await post(page, "/sign-up", someone)).toBe(303);
    await page.goto("/sign-up/verify");
    const first = await mailCode(page.request, someone.email);
    const wrong = first === "123456" ? "654321" : "123456";
    const send = async (code: string) => {
        await page.getByLabel("Code").fill(code);
        await page.getByRole("button", { name: "Create my account" }).click();
    };
    await send("12 34");
    await expect(page.locator("#code-error")).toHaveText("The code is six digits. Please check the mail.");
    await send(wrong);
    await expect(page.locator("#code-error")).toHaveText("That code isn't right. You have 4 tries left.");
    await expect(page.getByRole("alert")).toBeFocused();

    await page.getByRole("button", { name: "send a new code" }).click();
    await expect(page.getByText("We sent a new code. The one before no longer works.")).toBeVisible();
    const second = await mailCode(page.request, someone.email);
    await send(first);
    await expect(page.locator("#code-error")).toHaveText("That code isn't right. You have 4 tries left.");
    await send(`${second.slice(0, 3)} ${second.slice(3)}`);
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();
    await page.goto("/sign-up/verify");
    await expect(page, "a code is used once").toHaveURL("/sign-up");
});

test("sign-up reveals a known address only in the mail", async ({ page }) => {
    await page.goto("/sign-up");
    await fillIn(page, { ...aNewcomer(), email: "Barbara@KITH.example" });
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page).toHaveURL("/sign-up/verify");
    await expect(page.getByRole("heading", { level: 1, name: "Check your mail" })).toBeVisible();
    await expect(async () => {
        await page.goto("/dev/mail?to=barbara@kith.example");
        await expect(page.getByRole("link", { name: /account/ }).first()).toBeVisible({ timeout: 500 });
    }).toPass();
    await page.getByRole("link", { name: /account/ }).first().click();
    await expect(page.locator("pre")).toContainText("already");
    await expect(page.locator("pre")).toContainText("/sign-in");
    await expect(page.locator("pre")).not.toContainText(/\b\d{6}\b/);
});

test("the code page redirects to sign-up without a pending sign-up", async ({ page }) => {
    await page.goto("/sign-up/verify");
    await expect(page).toHaveURL("/sign-up");
    await expect(page.getByText("That sign-up has ended, or began in another browser. Start again here.")).toBeVisible();
    expect(await post(page, "/sign-up/verify", { code: "123456" }), "a code without a sign-up leads there too").toBe(303);
});

function escape(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
