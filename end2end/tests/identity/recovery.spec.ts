// Recovery without a password: by a code, or by a link that sets a new one.
import { expect, mailCode, mailLink, post, signIn, signUp, test } from "../../fixtures.ts";

test("an e-mail code signs a user in", async ({ page, js }) => {
    // A user for each run: a mailbox accepts five mails an hour.
    const who = js ? "edsger" : "grace";
    const email = `${who}@kith.example`;
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "Sign in with a code by mail" }).click();
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Send me a code" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Check your mail" })).toBeVisible();
    const field = page.getByLabel("Code");
    await expect(field).toHaveAttribute("autocomplete", "one-time-code");
    await expect(field).toBeFocused();
    await field.fill(await mailCode(page.request, email));
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page).toHaveURL("/");
    await expect(page.getByText("Good to see you again.")).toBeVisible();
    await page.goto("/settings/activity");
    await expect(page.getByText("Signed in with a code by mail").first()).toBeVisible();
});

test("a wrong e-mail code shows the remaining tries", async ({ page, allow }) => {
    allow("status of 422");
    await page.goto("/sign-in/code");
    await page.getByLabel("E-mail").fill("nobody.at.all@kith.example");
    await page.getByRole("button", { name: "Send me a code" }).click();
    await page.getByLabel("Code").fill("123 456");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText("You have 4 tries left.");
    await expect(page.getByRole("button", { name: "send a new code" })).toBeVisible();
    await page.getByRole("link", { name: "Use another address" }).click();
    await expect(page.getByLabel("E-mail")).toBeVisible();
});

test("a password reset link works once and revokes sessions", async ({ page, browser }) => {
    const someone = await signUp(page);
    const context = await browser.newContext({ reducedMotion: "reduce" });
    const fresh = await context.newPage();
    await fresh.goto("/sign-in");
    await fresh.getByRole("link", { name: "Forgot your password?" }).click();
    await fresh.getByLabel("E-mail").fill(someone.email);
    await fresh.getByRole("button", { name: "Send me a link" }).click();
    await expect(fresh.getByRole("heading", { level: 1, name: "Check your mail" })).toBeVisible();
    const link = await mailLink(page.request, someone.email, "/reset-password");
    await fresh.goto(link);
    await expect(fresh, "the token leaves the address at once").toHaveURL("/reset-password");
    await expect(fresh.getByText(`@${someone.username}`)).toBeVisible();
    await fresh.getByLabel("Password").fill("four yellow boats at dawn");
    await fresh.getByRole("button", { name: "Use this password" }).click();
    await expect(fresh).toHaveURL("/");
    await expect(fresh.getByText("Your password is changed.")).toBeVisible();

    await page.goto("/settings/devices");
    await expect(page, "whoever was signed in before is out").toHaveURL(/\/sign-in\?/);
    await page.goto(link);
    await expect(page.getByText("That link has expired or was used already.")).toBeVisible();
    await signIn(page, { ...someone, password: "four yellow boats at dawn" });
    await context.close();
});

test("an e-mail link fills in the code without using it", async ({ page }) => {
    const someone = await signUp(page);
    expect(await post(page, "/sign-out", {})).toBe(303);
    await page.goto("/sign-in/code");
    await page.getByLabel("E-mail").fill(someone.email);
    await page.getByRole("button", { name: "Send me a code" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Check your mail" })).toBeVisible();
    const link = await mailLink(page.request, someone.email, "/sign-in/code");
    // As a program does that opens every link in a mail.
    for (let n = 0; n < 3; n++) expect((await page.request.get(link)).status()).toBe(200);
    await page.goto(link);
    await expect(page.getByLabel("Code")).toHaveValue(/^\d{6}$/);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("Good to see you again.")).toBeVisible();
});
