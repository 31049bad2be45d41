// Changing address and username, and deleting the account.
import { expect, mailCode, signUp, test } from "../../fixtures.ts";

test("users change their e-mail address by code and their username", async ({ page, allow }) => {
    allow("status of 422");
    const someone = await signUp(page);
    await page.goto("/settings/account");
    const address = `new.${someone.email}`;
    await page.getByLabel("New address").fill(address);
    await page.getByRole("button", { name: "Send me a code" }).click();
    await page.getByLabel("Code").fill(await mailCode(page.request, address));
    await page.getByRole("button", { name: "Use this address" }).click();
    await expect(page.getByText("Your new address is in use.")).toBeVisible();
    await expect(page.getByText(address)).toBeVisible();

    await page.getByRole("textbox", { name: "Username", exact: true }).fill("ada");
    await page.getByRole("button", { name: "Change my username" }).click();
    await expect(page.getByRole("alert")).toContainText("taken");
    const renamed = `${someone.username.slice(0, 20)}_too`;
    await page.getByRole("textbox", { name: "Username", exact: true }).fill(renamed);
    await page.getByRole("button", { name: "Change my username" }).click();
    await expect(page.getByText("Username changed.")).toBeVisible();
    await page.goto(`/@${someone.username}`);
    await expect(page, "the old name leads to the new one").toHaveURL(`/@${renamed}`);
    await page.goto("/settings/activity");
    await expect(page.getByText(`The username was changed from @${someone.username}`)).toBeVisible();
});

test("users download their data and delete their account", async ({ page, allow }) => {
    allow("status of 404");
    allow("status of 422");
    const someone = await signUp(page);
    await page.goto("/settings/account");
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download my data" }).click();
    expect((await download).suggestedFilename()).toBe("kith.zip");

    await page.goto("/settings/account");
    await page.getByLabel("Your username, to confirm").fill("somebody_else");
    await page.getByRole("button", { name: "Delete my account" }).click();
    await expect(page.getByRole("alert")).toContainText("Type your own username");
    await page.getByLabel("Your username, to confirm").fill(someone.username);
    await page.getByRole("button", { name: "Delete my account" }).click();
    await expect(page.getByText("Your account is deleted.")).toBeVisible();
    await page.goto(`/@${someone.username}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nothing here");
});
