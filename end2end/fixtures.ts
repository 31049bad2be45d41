// What every browser test starts from: a page that is watched, people to sign in as, and the mail they got.
//
// A test fails on anything a visitor's browser would complain about: errors on the console, exceptions, breaches of
// the content security policy, requests to another host. What a test provokes on purpose it announces with `allow`.
import { AxeBuilder } from "@axe-core/playwright";
import { type APIRequestContext, type BrowserContext, type Page, expect, test as base } from "@playwright/test";

/** The cast, the same everywhere; see the seed. */
export type Person = "ada" | "grace" | "alan" | "edsger" | "barbara";

/** The password of everybody in the cast, as the seed sets it. */
export const PASSWORD = "neighbours-are-kind";

type Fixtures = {
    /** Announces a complaint that the test provokes: text or pattern of the console's line or of the address. */
    allow: (complaint: string | RegExp) => void;
    /** Whether this is the run with JavaScript. */
    js: boolean;
};

export const test = base.extend<Fixtures & { complaints: void }>({
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
    // Watching is not for a test to choose.
    complaints: [
        async ({ allow }, use) => {
            void allow;
            await use();
        },
        { auto: true },
    ],
});

export { expect };

/** A visitor's own browser beside the test's: another device, another person. It is not watched. */
export async function anotherBrowser(page: Page): Promise<BrowserContext> {
    const browser = page.context().browser();
    if (!browser) throw new Error("the page has no browser");
    return browser.newContext(base.info().project.use as object);
}

/** Signs the page's browser in, by the form's request alone; the form itself has a spec of its own. */
export async function signIn(page: Page, who: Person): Promise<void> {
    const answer = await post(page, "/sign-in", { identifier: who, password: PASSWORD });
    expect(answer, `${who} signs in`).toBe(303);
}

/** Sends a form as the page's browser would, without the page; gives the status. */
export async function post(page: Page, path: string, form: Record<string, string>): Promise<number> {
    const origin = new URL(base.info().project.use.baseURL ?? page.url()).origin;
    const answer = await page.request.post(path, { form, headers: { origin, referer: `${origin}/` }, maxRedirects: 0 });
    return answer.status();
}

/** The code in the newest mail to an address, from the development mailbox. Mail goes out in the background: it waits. */
export async function mailCode(request: APIRequestContext, to: string): Promise<string> {
    return inMail(request, to, /\b(\d{6,8})\b/);
}

/** The first link in the newest mail to an address. */
export async function mailLink(request: APIRequestContext, to: string): Promise<string> {
    return inMail(request, to, /(https?:\/\/[^\s"<]+)/);
}

async function inMail(request: APIRequestContext, to: string, pattern: RegExp): Promise<string> {
    let found: string | undefined;
    await expect(async () => {
        const list = await (await request.get(`/dev/mail?to=${encodeURIComponent(to)}`)).text();
        const newest = /\/dev\/mail\/[\w-]+/.exec(list)?.[0];
        expect(newest, `mail to ${to}`).toBeDefined();
        const mail = await (await request.get(newest ?? "")).text();
        found = pattern.exec(mail.replaceAll("&amp;", "&"))?.[1];
        expect(found, `${pattern} in the mail to ${to}`).toBeDefined();
    }).toPass({ timeout: 10_000 });
    return found ?? "";
}

/** Fails on what keeps people out: contrast, names, roles, order. Only in the run with JavaScript, which axe needs. */
export async function axe(page: Page): Promise<void> {
    if (base.info().project.use.javaScriptEnabled === false) return;
    const { violations } = await new AxeBuilder({ page }).analyze();
    const lines = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
    expect(lines, `accessibility of ${new URL(page.url()).pathname}`).toEqual([]);
}

function watch(context: BrowserContext, baseURL: string): string[] {
    const home = new URL(baseURL).host;
    const complaints: string[] = [];
    context.on("console", (message) => {
        if (message.type() === "error") complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (problem) => complaints.push(`exception: ${problem.error().message}`));
    context.on("request", (request) => {
        const { protocol, host, pathname } = new URL(request.url());
        if (protocol.startsWith("http") && host !== home) complaints.push(`foreign host: ${request.url()}`);
        if (pathname === "/csp-report") complaints.push(`content security policy: ${request.postData() ?? ""}`);
    });
    return complaints;
}
