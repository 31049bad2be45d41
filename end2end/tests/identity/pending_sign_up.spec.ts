// First sign-in from GitHub: the owner of the account, the address that counts, and its use later.
import { axe, expect, mailCode, open, post, signUp, test, unique } from "../../fixtures.ts";
import type { APIRequestContext, Page } from "@playwright/test";

const GITHUB = process.env.GITHUB_URL ?? "http://127.0.0.1:3001";

test.beforeEach(({ allow }) => allow(GITHUB));

type Address = { email: string; primary?: boolean; verified?: boolean };

/** Creates an account at the local GitHub. */
async function aPerson(request: APIRequestContext, emails: Address[], more: object = {}): Promise<{ id: number; login: string }> {
    const login = `octo${unique()}`;
    const whole = emails.map((one) => ({ primary: false, verified: true, ...one }));
    const person = { login, emails: whole, note: "For one test", ...more };
    const answer = await request.post(`${GITHUB}/_control`, { data: { people: [person] } });
    expect(answer.ok(), await answer.text()).toBe(true);
    return { id: (await answer.json()).people[0], login };
}

/** Opens GitHub by the button of a page, and consents as the account with this login. */
async function consent(page: Page, login: string): Promise<void> {
    await page.getByRole("button", { name: "Continue with GitHub" }).click();
    await page.getByRole("button", { name: login }).click();
}

async function expectProfile(page: Page, username: string): Promise<void> {
    await expect(page.getByRole("link", { name: "Profile", exact: true })).toHaveAttribute("href", `/@${username}`);
}

test("an existing account connects GitHub after the right password", async ({ page, request, allow }) => {
    allow("status of 422");
    const someone = await signUp(page);
    expect(await post(page, "/sign-out", {})).toBe(303);
    const { login } = await aPerson(request, [{ email: someone.email, primary: true }]);
    await page.goto("/sign-in");
    await consent(page, login);
    await expect(page.getByRole("heading", { name: "You already have an account" })).toBeVisible();
    const field = page.getByLabel("Your password here");
    await expect(field).toHaveAttribute("autocomplete", "current-password");
    await field.fill("not the password of anybody");
    await page.getByRole("button", { name: "Connect and sign in" }).click();
    await expect(page.getByRole("alert")).toBeVisible();
    await expect(field, "a password is never shown again").toHaveValue("");
    await field.fill(someone.password);
    await page.getByRole("button", { name: "Connect and sign in" }).click();
    await expect(page.getByText("From now on you can sign in that way too.")).toBeVisible();
    await expectProfile(page, someone.username);
});

test("an existing account connects GitHub by another identity", async ({ page, request, allow }) => {
    allow(process.env.ISSUER_URL ?? "http://127.0.0.1:3002");
    allow(/^foreign host: http:\/\/localhost:\d+\/interaction\//);
    const name = `guest${unique()}`;
    await page.goto("/sign-up");
    await page.getByRole("button", { name: "Continue with Gatehouse" }).click();
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Come in" }).click();
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();
    expect(await post(page, "/sign-out", {})).toBe(303);

    const { login } = await aPerson(request, [{ email: `${name}@example.org`, primary: true }]);
    await page.goto("/sign-in");
    await consent(page, login);
    await expect(page.getByRole("heading", { name: "You already have an account" })).toBeVisible();
    // The user is still signed in at the issuer.
    await page.getByRole("button", { name: "Continue with Gatehouse" }).click();
    await expect(page.getByText("From now on you can sign in that way too.")).toBeVisible();
    await page.goto("/settings/connections");
    await expect(page.getByRole("listitem").filter({ hasText: "GitHub" })).toContainText(login);
});

test("sign-up offers only verified addresses and uses the chosen one", async ({ page, request }) => {
    const one = unique();
    const address = (name: string): string => `${name}.${one}@example.org`;
    const { login } = await aPerson(request, [
        { email: address("work") },
        { email: address("first"), primary: true },
        { email: address("doubtful"), verified: false },
    ]);
    await page.goto("/sign-up");
    await consent(page, login);
    await expect(page.getByRole("radio")).toHaveCount(2);
    await expect(page.getByLabel(address("first")), "the primary one stands first").toBeChecked();
    await expect(page.getByText(address("doubtful"))).toHaveCount(0);
    await axe(page);
    await page.getByLabel(address("work")).check();
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();
    await page.goto("/settings/account");
    await expect(page.getByText(address("work"))).toBeVisible();
});

test("sign-up without a verified GitHub address needs an e-mail code", async ({ page, request }) => {
    const email = `typed.${unique()}@kith.example`;
    const { login } = await aPerson(request, [{ email, primary: true, verified: false }]);
    await page.goto("/sign-up");
    await consent(page, login);
    await expect(page.getByRole("heading", { name: "What is your address?" })).toBeVisible();
    await expect(page.getByLabel("E-mail"), "what GitHub says of it counts for nothing").toHaveValue("");
    await axe(page);
    await page.getByLabel("E-mail").fill(email);
    await page.getByRole("button", { name: "Send me a code" }).click();
    await page.getByLabel("Code").fill(await mailCode(page.request, email));
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page.getByText(email)).toBeVisible();
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();
    await expectProfile(page, login);
});

test("users without passwords elevate by GitHub and import their profile", async ({ page, request }) => {
    const { id, login } = await aPerson(request, [{ email: `${unique()}@example.org`, primary: true }], { name: "First Name", picture: "svg" });
    await page.goto("/sign-up");
    await consent(page, login);
    await page.getByRole("button", { name: "Create my account" }).click();
    await expect(page.getByText("Welcome to Kith.")).toBeVisible();

    await page.goto("/elevate?next=%2Fsettings%2Fconnections");
    await expect(page.getByLabel("Password")).toHaveCount(0);
    await consent(page, login);
    await expect(page).toHaveURL("/settings/connections");
    await page.goto("/settings/activity");
    await expect(page.getByText("You proved that it is you")).toBeVisible();

    // A drawing with a script in it is refused: the user has the avatar drawn from their name.
    const face = async (): Promise<string> => {
        await open(page, `/@${login}`);
        return (await page.locator(".portrait img.avatar").getAttribute("src")) ?? "";
    };
    expect(await face()).toContain(".svg");
    const renamed = { id, login, name: "Second Name", emails: [], note: "For one test", picture: "usual" };
    expect((await request.post(`${GITHUB}/_control`, { data: { people: [renamed] } })).ok()).toBe(true);
    await page.goto("/settings/connections");
    await page.getByRole("button", { name: "Take over name and picture from GitHub" }).click();
    await page.getByRole("button", { name: login }).click();
    await expect(page.getByText("Your name and picture are up to date.")).toBeVisible();
    // The picture is copied in the background.
    await expect.poll(face).not.toContain(".svg");
    await expect(page.getByRole("heading", { name: "Second Name" })).toBeVisible();
});
