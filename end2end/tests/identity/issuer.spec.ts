// OAuth sign-in with an OpenID Connect issuer that is not ours, see end2end/oidc: two independent implementations of
// one standard.
import { axe, expect, mailCode, post, signUp, test, unique } from "../../fixtures.ts";
import type { Page } from "@playwright/test";

const ISSUER = process.env.ISSUER_URL ?? "http://127.0.0.1:3002";

test.beforeEach(({ allow }) => {
    allow(ISSUER);
    allow(/^foreign host: http:\/\/localhost:\d+\/interaction\//);
});

test("forms reach a provider that redirects through a third host", async ({ page }) => {
    const hosts: string[] = [];
    page.on("request", (request) => {
        if (request.isNavigationRequest()) hosts.push(new URL(request.url()).host);
    });
    await page.goto("/sign-in");
    await page.getByRole("button", { name: "Continue with Gatehouse" }).click();
    await expect(page.getByRole("heading", { name: "Gatehouse" })).toBeVisible();
    expect(new Set(hosts).size, "Kith, the issuer, and a third").toBe(3);
    await page.goBack();
    await expect(page).toHaveURL("/sign-in");
    await expect(page.getByRole("button", { name: "Continue with Gatehouse" })).toBeVisible();

    await signUp(page);
    await page.goto("/settings/connections");
    await page.getByRole("button", { name: "Connect Gatehouse" }).click();
    await expect(page.getByRole("heading", { name: "Gatehouse" })).toBeVisible();
});

test("the redirect page also links to the provider", async ({ page }) => {
    await page.goto("/sign-in");
    // Without its automatic redirect, the page remains.
    await page.route("**/auth/gatehouse", async (route) => {
        const answer = await route.fetch();
        const { refresh, ...headers } = answer.headers();
        expect(refresh).toContain(`0;url=${ISSUER}`);
        await route.fulfill({ response: answer, headers });
    });
    await page.getByRole("button", { name: "Continue with Gatehouse" }).click();
    await expect(page.getByRole("heading", { name: "One moment" })).toBeVisible();
    await axe(page);
    await page.getByRole("link", { name: "Continue to Gatehouse" }).click();
    await expect(page.getByRole("heading", { name: "Gatehouse" })).toBeVisible();
});

/** Opens the issuer and signs in with this name; an issuer with a session redirects back at once. */
async function setOut(page: Page, name: string): Promise<void> {
    await page.getByRole("button", { name: "Continue with Gatehouse" }).click();
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Come in" }).click();
}

test("users sign up, sign in and elevate by the provider", async ({ page, context }) => {
    const name = `guest${unique()}`;
    await page.goto("/sign-up");
    await setOut(page, name);
    await expect(page).toHaveURL("/sign-up/provider");
    await expect(page.getByLabel("Username")).toHaveValue(name);
    await expect(page.getByText(`${name}@example.org`)).toBeVisible();
    await axe(page);
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();

    expect(await post(page, "/sign-out", {})).toBe(303);
    await page.goto("/sign-in");
    await page.getByRole("button", { name: "Continue with Gatehouse" }).click();
    await expect(page, "the issuer knows who this is").toHaveURL("/");
    await expect(page.getByText("Good to see you again.")).toBeVisible();

    await page.goto("/elevate?next=%2Fsettings%2Fconnections");
    await setOut(page, name);
    await expect(page).toHaveURL("/settings/connections");
    await expect(page.getByRole("listitem").filter({ hasText: "Gatehouse" })).toContainText(name);

    // Another account there is another account here.
    await context.clearCookies();
    await page.goto("/sign-in");
    await setOut(page, `${name}x`);
    await expect(page).toHaveURL("/sign-up/provider");
});

test("sign-up without a verified provider address needs an e-mail code", async ({ page }) => {
    const name = `unproved${unique()}`;
    await page.goto("/sign-in");
    await setOut(page, name);
    await expect(page).toHaveURL("/sign-up/provider");
    const email = `${name}@kith.example`;
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Send me a code" }).click();
    await page.getByLabel("Code").fill(await mailCode(page.request, email));
    await page.getByRole("button").filter({ hasText: /address|go on|continue/i }).first().click();
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();
});
