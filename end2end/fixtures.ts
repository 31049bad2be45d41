// The base of every browser test: a page that is watched, users to sign in as, and the mail they received.
//
// A test fails on anything a visitor's browser would complain about: errors on the console, exceptions, breaches of the
// content security policy, requests to another host. A test announces the complaints that it provokes on purpose with
// `allow`.
import { appendFileSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import {
    type APIRequestContext,
    type BrowserContext,
    type BrowserContextOptions,
    type Locator,
    type Page,
    type Request,
    expect,
    test as base,
} from "@playwright/test";

/** The cast, the same everywhere; see the seed. */
export type Person = "ada" | "grace" | "alan" | "edsger" | "barbara";

/** The password of every user in the cast, as the seed sets it. */
export const PASSWORD = "neighbours-are-kind";

type Fixtures = {
    /** Announces a complaint that the test provokes: text or pattern of the console's line or of the address. */
    allow: (complaint: string | RegExp) => void;
    /** True in the run with JavaScript. */
    js: boolean;
};

/** No movement by default: a moving element cannot be pressed for a moment. Tests about movement turn it on. */
const STILL: BrowserContextOptions = { reducedMotion: "reduce" };

export const test = base.extend<Fixtures & { complaints: void }>({
    contextOptions: async ({ contextOptions }, use) => {
        await use({ ...STILL, ...contextOptions });
    },
    js: async ({ javaScriptEnabled }, use) => {
        await use(javaScriptEnabled !== false);
    },
    allow: async ({ context, baseURL }, use) => {
        const complaints = watch(context, baseURL ?? "");
        const allowed: (string | RegExp)[] = [];
        await use((complaint) => allowed.push(complaint));
        const isAllowed = (line: string) =>
            allowed.some((one) => (typeof one === "string" ? line.includes(one) : one.test(line)));
        expect(complaints.filter((line) => !isAllowed(line)), "the browser complained").toEqual([]);
    },
    // A test cannot opt out of being watched.
    complaints: [
        async ({ allow, context }, use) => {
            void allow;
            await use();
            for (const { name, value } of await context.cookies()) noteCookie(name, value);
        },
        { auto: true },
    ],
});

export { expect };

/** A separate browser beside the test's: another device, another user. It is not watched. */
export async function anotherBrowser(page: Page, options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const browser = page.context().browser();
    if (!browser) throw new Error("the page has no browser");
    const context = await browser.newContext({ ...(base.info().project.use as object), ...STILL, ...options });
    context.on("request", noteRequest);
    return context;
}

/** Signs in the page's browser, by the form's request alone; the form itself has a spec of its own. */
export async function signIn(page: Page, who: Person | Newcomer): Promise<void> {
    const [identifier, password] = typeof who === "string" ? [who, PASSWORD] : [who.username, who.password];
    const answer = await post(page, "/sign-in", { identifier, password });
    expect(answer, `${identifier} signs in`).toBe(303);
}

/** A user who signed up for one test: changes to them affect no other test. */
export type Newcomer = { username: string; email: string; password: string };

/**
 * Returns the data of an account that no other test has. The server accepts 30 sign-ups an hour from one address: by
 * hand use few.
 */
export function aNewcomer(): Newcomer {
    const username = `new_${unique()}`;
    return { username, email: `${username}@kith.example`, password: `wardrobe-of-${unique()}` };
}

/** Signs a new user up and in, by the forms' requests alone; the forms themselves have a spec of their own. */
export async function signUp(page: Page): Promise<Newcomer> {
    const someone = aNewcomer();
    // From a client address of its own: the tests' Kith trusts a proxy here.
    const address = `2001:db8:${[...crypto.getRandomValues(new Uint16Array(3))].map((n) => n.toString(16)).join(":")}::1`;
    const from = { "x-forwarded-for": address };
    expect(await post(page, "/sign-up", someone, from), "signing up").toBe(303);
    const code = await mailCode(page.request, someone.email);
    expect(await post(page, "/sign-up/verify", { code }, from), "the code is taken").toBe(303);
    return someone;
}

/** Returns twelve letters that no other test has, nor the same test in the other project or in an earlier run. */
export function unique(): string {
    const letters = crypto.getRandomValues(new Uint8Array(12));
    return String.fromCharCode(...letters.map((n) => 97 + (n % 26)));
}

/** Opens a page and waits until its islands are awake, if it has any and there is JavaScript. */
export async function open(page: Page, path: string): Promise<void> {
    await page.goto(path);
    await awake(page);
}

/** Waits until the islands of the page are awake, if it has any and there is JavaScript. */
export async function awake(page: Page): Promise<void> {
    if (base.info().project.use.javaScriptEnabled === false) return;
    const loaders = await page.locator("script[data-wasm]").count();
    if (loaders > 0) await expect(page.locator("html"), "the islands wake").toHaveAttribute("data-awake", "");
}

/** Returns the cards of a page, in its order. */
export function cards(page: Page): Locator {
    return page.getByRole("article");
}

/** Creates a post of the signed-in user, by the form's request alone, and finds its id at the top of their profile. */
export async function write(page: Page, author: string, body: string): Promise<number> {
    expect(await post(page, "/posts", { body }), "the post is taken").toBe(303);
    const profile = await (await page.request.get(`/@${author}`)).text();
    const before = profile.slice(0, profile.indexOf(body.split("\n", 1)[0] ?? body));
    const id = [...before.matchAll(/id="p(\d+)"/g)].at(-1)?.[1];
    expect(id, "the post stands on its author's profile").toBeDefined();
    return Number(id);
}

/** Sends a form as the page's browser would, without the page; returns the status. */
export async function post(
    page: Page,
    path: string,
    form: Record<string, string>,
    further: Record<string, string> = {},
): Promise<number> {
    noteFields(Object.entries(form));
    const origin = new URL(base.info().project.use.baseURL ?? page.url()).origin;
    const headers = { origin, referer: `${origin}/`, ...further };
    // Each form names the user it was rendered for.
    const user = /name="for_user" value="(\d+)"/.exec(await (await page.request.get("/search")).text())?.[1];
    const bound = user === undefined ? form : { ...form, for_user: user };
    const answer = await page.request.post(path, { form: bound, headers, maxRedirects: 0 });
    return answer.status();
}

/**
 * Returns the code in the newest mail to an address that no earlier call has read, from the development mailbox. Mail is
 * sent in the background: it waits for one.
 */
export async function mailCode(request: APIRequestContext, to: string): Promise<string> {
    const code = await inMail(request, to, /\b(\d{6,8})\b/);
    note("code", code);
    return code;
}

/** Returns the first link to a path of ours in the newest mail to an address that no earlier call has read. It waits. */
export async function mailLink(request: APIRequestContext, to: string, path: string): Promise<string> {
    const link = await inMail(request, to, new RegExp(`(https?://[^\\s"</]+${path}\\?[^\\s"<]+)`));
    noteFields(new URL(link).searchParams);
    return link;
}

/** The id of the newest mail to each address that was read. A code or a link in an older mail may be void. */
const readMails = new Map<string, number>();

async function inMail(request: APIRequestContext, to: string, pattern: RegExp): Promise<string> {
    let found: string | undefined;
    await expect(async () => {
        const list = await (await request.get(`/dev/mail?to=${encodeURIComponent(to)}`)).text();
        const ids = [...list.matchAll(/\/dev\/mail\/(\d+)/g)].map((match) => Number(match[1]));
        for (const id of ids.filter((id) => id > (readMails.get(to) ?? 0))) {
            const mail = await (await request.get(`/dev/mail/${id}`)).text();
            found = pattern.exec(mail.replaceAll("&amp;", "&"))?.[1];
            if (found === undefined) continue;
            readMails.set(to, id);
            break;
        }
        expect(found, `${pattern} in a new mail to ${to}`).toBeDefined();
    }).toPass({ timeout: 10_000 });
    return found ?? "";
}

/** Fifty cards are alike; the first few represent all. */
const ALIKE = "article:nth-of-type(n + 9)";

/**
 * Fails on barriers to accessibility: contrast, names, roles, order. Only in the run with JavaScript, which axe needs.
 */
export async function axe(page: Page): Promise<void> {
    if (base.info().project.use.javaScriptEnabled === false) return;
    // A colour in transition has neither of its two values.
    await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
    const { violations } = await new AxeBuilder({ page }).exclude(ALIKE).analyze();
    const lines = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
    expect(lines, `accessibility of ${new URL(page.url()).pathname}`).toEqual([]);
}

/** Records a secret of a test: afterwards `cargo xtask test` searches for it in Kith's log. */
function note(kind: string, secret: string): void {
    const list = process.env.KITH_SECRETS;
    if (list && secret) appendFileSync(list, `${JSON.stringify({ kind, secret })}\n`);
}

/** Short passwords are words that a log may well hold: tests type them to see them refused. */
function noteFields(fields: Iterable<[string, string]>): void {
    for (const [name, value] of fields) {
        if (/^(new_|current_)?password$/.test(name) && value.length >= 12) note("password", value);
        if (name === "code" && /^\d{6}$/.test(value)) note("code", value);
        if (name === "token" && value.length === 43) note("token", value);
        // In the authorization request, and in the callback.
        if (name === "state" && value.length === 43) note("state", value);
        if (name === "code" && value.length >= 16) note("provider code", value);
    }
}

function noteCookie(name: string, value: string): void {
    if (name !== "theme" && name !== "flash") note("cookie", value);
}

function noteRequest(request: Request): void {
    noteFields(new URL(request.url()).searchParams);
    noteFields(new URLSearchParams(request.postData() ?? ""));
}

function watch(context: BrowserContext, baseURL: string): string[] {
    const home = new URL(baseURL).host;
    const complaints: string[] = [];
    context.on("console", (message) => {
        if (message.type() === "error") complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (problem) => complaints.push(`exception: ${problem.error().message}`));
    context.on("request", noteRequest);
    context.on("request", (request) => {
        const { protocol, host, pathname } = new URL(request.url());
        if (protocol.startsWith("http") && host !== home) complaints.push(`foreign host: ${request.url()}`);
        if (pathname === "/csp-report") complaints.push(`content security policy: ${request.postData() ?? ""}`);
    });
    return complaints;
}
