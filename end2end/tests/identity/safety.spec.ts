// Account safety: the e-mail links that undo changes, and elevation by mail.
import { anotherBrowser, axe, expect, mailCode, mailLink, signIn, signUp, test } from "../../fixtures.ts";

test("an e-mail link undoes an address change and revokes sessions", async ({ page }) => {
    const someone = await signUp(page);
    await page.goto("/settings/account");
    const address = `evil.${someone.email}`;
    await page.getByLabel("New address").fill(address);
    await page.getByRole("button", { name: "Send me a code" }).click();
    await page.getByLabel("Code").fill(await mailCode(page.request, address));
    await page.getByRole("button", { name: "Use this address" }).click();
    await expect(page.getByText("Your new address is in use.")).toBeVisible();

    const mailbox = await anotherBrowser(page);
    const owner = await mailbox.newPage();
    const link = await mailLink(page.request, someone.email, "/undo-email");
    await owner.goto(link);
    await expect(owner, "the token leaves the address at once").toHaveURL("/undo-email");
    await axe(owner);
    await page.goto("/settings/account");
    await expect(page.getByText(address), "opening the link changes nothing").toBeVisible();
    await owner.getByRole("button", { name: "Take it back" }).click();
    await expect(owner).toHaveURL("/forgot-password");
    await expect(owner.getByText("The change is undone")).toBeVisible();
    await page.goto("/settings/account");
    await expect(page).toHaveURL(/\/sign-in\?/);
    await owner.goto(link);
    await expect(owner.getByText("That link has expired or was used already.")).toBeVisible();
    await mailbox.close();
});

test("an e-mail link revokes an unknown session and no other", async ({ page }) => {
    const someone = await signUp(page);
    const elsewhere = await anotherBrowser(page);
    const thief = await elsewhere.newPage();
    await signIn(thief, someone);
    await thief.goto("/settings/devices");
    await expect(thief.getByText("This device")).toBeVisible();
    await page.goto(await mailLink(page.request, someone.email, "/end-session"));
    await expect(page.getByRole("heading", { level: 1, name: "Sign that device out?" })).toBeVisible();
    await axe(page);
    await page.getByRole("button", { name: "Sign it out" }).click();
    await expect(page).toHaveURL("/forgot-password");
    await thief.goto("/settings/devices");
    await expect(thief).toHaveURL(/\/sign-in\?/);
    await page.goto("/settings/devices");
    await expect(page.getByText("This device"), "one's own is untouched").toBeVisible();
    await elsewhere.close();
});

test("a user elevates by e-mail code and changes the password", async ({ page, allow }) => {
    allow("status of 422");
    const someone = await signUp(page);
    await page.goto("/elevate?next=/settings/security");
    await expect(page.getByLabel("Password")).toHaveAttribute("autocomplete", "current-password");
    await page.getByRole("button", { name: "Send me a code by mail" }).click();
    await expect(page).toHaveURL(/\/elevate\/code/);
    await expect(page.getByLabel("Code")).toHaveAttribute("autocomplete", "one-time-code");
    await page.getByLabel("Code").fill(await mailCode(page.request, someone.email));
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page).toHaveURL("/settings/security");
    const password = page.getByRole("textbox", { name: "Password" });
    await expect(password).toHaveAttribute("autocomplete", "new-password");
    await page.getByRole("button", { name: "Remove my password" }).click();
    await expect(page.getByRole("alert")).toContainText("the only thing your account opens with");
    await password.fill("four yellow boats at dawn");
    await page.getByRole("button", { name: "Change my password" }).click();
    await expect(page.getByText("Your password is changed.")).toBeVisible();
    await page.goto("/settings/activity");
    await expect(page.getByText("The password was changed").first()).toBeVisible();
    await expect(page.getByText("You proved that it is you").first()).toBeVisible();
});
