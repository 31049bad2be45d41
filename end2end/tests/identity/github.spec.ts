// OAuth sign-in with GitHub, against the local one: every path, by forms and redirects alone.
import { axe, expect, mailCode, post, signIn, signUp, test, unique } from "../../fixtures.ts";
import type { Page } from "@playwright/test";

const GITHUB = process.env.GITHUB_URL ?? "http://127.0.0.1:3001";

test.beforeEach(({ allow }) => allow(GITHUB));

/** A person with a GitHub account that no other test has. */
type Octocat = { login: string; email: string };

function anOctocat(): Octocat {
    const login = `octo${unique()}`;
    return { login, email: `${login}@example.org` };
}

/** Creates an account at the local GitHub, and consents as it. */
async function consentAnew(page: Page, { login, email }: Octocat): Promise<void> {
    await page.getByText("Somebody new").click();
    await page.getByLabel("Login").fill(login);
    await page.getByLabel("Verified e-mail").fill(email);
    await page.getByRole("button", { name: "Create and continue" }).click();
}

/** Consents as a person with an account at the local GitHub. */
async function consent(page: Page, login: string): Promise<void> {
    await page.getByRole("button", { name: login }).click();
}

async function setOut(page: Page): Promise<void> {
    await page.getByRole("button", { name: "Continue with GitHub" }).click();
    await expect(page.getByRole("heading", { name: "Come in to Kith as" })).toBeVisible();
}

/** Signs up by GitHub. */
async function join(page: Page): Promise<Octocat> {
    const octocat = anOctocat();
    await page.goto("/sign-up");
    await setOut(page);
    await consentAnew(page, octocat);
    await expect(page).toHaveURL("/sign-up/provider");
    await expect(page.getByLabel("Username")).toHaveValue(octocat.login);
    await expect(page.getByText(octocat.email)).toBeVisible();
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page).toHaveURL("/");
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();
    return octocat;
}

test("users sign up and sign in again by GitHub", async ({ page }) => {
    const { login } = await join(page);
    await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("href", `/@${login}`);
    expect(await post(page, "/sign-out", {})).toBe(303);
    await page.goto("/sign-in?next=%2Fsettings%2Fconnections");
    await axe(page);
    await setOut(page);
    await consent(page, login);
    await expect(page).toHaveURL("/settings/connections");
    await expect(page.getByText("Good to see you again.")).toBeVisible();
});

test("a GitHub sign-up asks for another username on conflict", async ({ page, allow }) => {
    allow("status of 422");
    await page.goto("/sign-in");
    await setOut(page);
    await consentAnew(page, { login: "edsger", email: anOctocat().email });
    await expect(page.getByText("Your name there is taken here.")).toBeVisible();
    await axe(page);
    await page.getByLabel("Username").fill("grace");
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page.getByRole("alert")).toBeFocused();
    await axe(page);
    await page.getByLabel("Username").fill(`e${unique()}`);
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page).toHaveURL("/");
});

test("users connect GitHub, sign in with it and disconnect it", async ({ page }) => {
    const someone = await signUp(page);
    const octocat = anOctocat();
    await page.goto("/settings/connections");
    await page.getByRole("button", { name: "Connect GitHub" }).click();
    await consentAnew(page, octocat);
    await expect(page).toHaveURL("/settings/connections");
    await expect(page.getByText("Connected. You can sign in with it from now on.")).toBeVisible();
    await expect(page.getByText(octocat.login)).toBeVisible();
    await axe(page);

    expect(await post(page, "/sign-out", {})).toBe(303);
    await page.goto("/sign-in");
    await setOut(page);
    await consent(page, octocat.login);
    await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("href", `/@${someone.username}`);

    // An OAuth sign-in with GitHub does not elevate a user with a password.
    await page.goto("/settings/connections");
    await page.getByRole("button", { name: "Disconnect GitHub" }).click();
    await page.getByLabel("Password").fill(someone.password);
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page).toHaveURL("/settings/connections");
    await page.getByRole("button", { name: "Disconnect GitHub" }).click();
    await expect(page.getByText("Disconnected. It no longer opens your account.")).toBeVisible();
    await expect(page.getByRole("button", { name: "Connect GitHub" })).toBeVisible();
});

test("the last identity stays connected until a password exists", async ({ page, allow }) => {
    allow("status of 422");
    await join(page);
    await page.goto("/settings/connections");
    await page.getByRole("button", { name: "Disconnect GitHub" }).click();
    await expect(page.getByRole("alert")).toContainText("only thing your account opens with");
    await page.goto("/settings/security");
    await page.getByLabel("Password", { exact: true }).fill(`wardrobe-of-${unique()}`);
    await page.getByRole("button", { name: "Set a password" }).click();
    await page.goto("/settings/connections");
    await page.getByRole("button", { name: "Disconnect GitHub" }).click();
    await expect(page.getByText("Disconnected.")).toBeVisible();
});

test("cancelling at GitHub returns to the form with a message", async ({ page, allow }) => {
    allow("status of 403");
    await page.goto("/sign-in");
    await setOut(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("alert")).toHaveText("You said no at GitHub, so nothing happened.");
    await expect(page.getByLabel("E-mail or username")).toBeVisible();
    await axe(page);
    await signIn(page, "edsger");
    await page.goto("/settings/connections");
    await page.getByRole("button", { name: "Connect GitHub" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("alert")).toHaveText("You said no at GitHub, so nothing happened.");
    await expect(page.getByRole("button", { name: "Connect GitHub" })).toBeVisible();
});

test("an e-mail code connects GitHub to an existing account", async ({ page }) => {
    const someone = await signUp(page);
    expect(await post(page, "/sign-out", {})).toBe(303);
    await page.goto("/sign-in");
    await setOut(page);
    const { login } = anOctocat();
    await consentAnew(page, { login, email: someone.email });
    await expect(page.getByRole("heading", { name: "You already have an account" })).toBeVisible();
    await axe(page);
    await page.getByRole("button", { name: "Send me a code by mail" }).click();
    await page.getByLabel("Code").fill(await mailCode(page.request, someone.email));
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page).toHaveURL("/");
    await expect(page.getByText("From now on you can sign in that way too.")).toBeVisible();
    await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("href", `/@${someone.username}`);
});

test("a GitHub outage is reported and password sign-in still works", async ({ page, allow, request }) => {
    allow("status of 503");
    const octocat = anOctocat();
    const person = { login: octocat.login, emails: [{ email: octocat.email, primary: true, verified: true }], note: "Down" };
    const { people } = await (await request.post(`${GITHUB}/_control`, { data: { people: [person] } })).json();
    const down = { always: [{ endpoint: "user", answer: "server_error", person: people[0] }] };
    expect((await request.post(`${GITHUB}/_control`, { data: down })).ok()).toBe(true);
    await page.goto("/sign-in");
    await setOut(page);
    await consent(page, octocat.login);
    await expect(page.getByRole("alert")).toContainText("GitHub doesn’t answer properly right now.");
    await page.getByLabel("E-mail or username").fill("edsger");
    await page.getByLabel("Password").fill("neighbours-are-kind");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page).toHaveURL("/");
});

test("a password is removable only after GitHub is connected", async ({ page, allow }) => {
    allow("status of 422");
    const someone = await signUp(page);
    await page.goto("/settings/security");
    await page.getByRole("button", { name: "Remove my password" }).click();
    await expect(page.getByRole("alert")).toContainText("only thing your account opens with");
    await page.goto("/settings/connections");
    await page.getByRole("button", { name: "Connect GitHub" }).click();
    const octocat = anOctocat();
    await consentAnew(page, octocat);
    await page.goto("/settings/security");
    await page.getByRole("button", { name: "Remove my password" }).click();
    await expect(page.getByText("Your password is removed.")).toBeVisible();
    await expect(page.getByText("You have no password yet.")).toBeVisible();
    await axe(page);
    expect(await post(page, "/sign-out", {})).toBe(303);
    expect(await post(page, "/sign-in", { identifier: someone.username, password: someone.password })).toBe(422);
    await page.goto("/sign-in");
    await setOut(page);
    await consent(page, octocat.login);
    await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("href", `/@${someone.username}`);
});
