// Appearance: the chosen colours, nothing that sticks out, nothing that jumps, a visible focus.
import { awake, cards, expect, open, signIn, test, unique, write } from "../../fixtures.ts";
import type { Locator, Page } from "@playwright/test";

const surface = (page: Page): Promise<string> =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

test("visitors choose and reset a colour scheme for all pages", async ({ page }) => {
    await page.emulateMedia({ colorScheme: "light" });
    await open(page, "/sign-in");
    const light = await surface(page);
    const choice = (name: string) => page.getByRole("button", { name, exact: true });
    await expect(choice("As the system")).toHaveAttribute("aria-pressed", "true");
    await choice("Dark").click();
    await expect(page).toHaveURL("/sign-in");
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await expect(choice("Dark")).toHaveAttribute("aria-pressed", "true");
    expect(await surface(page)).not.toBe(light);
    await open(page, "/@sunny_side");
    await expect(page.locator("html"), "on other pages").toHaveAttribute("data-theme", "dark");

    await page.emulateMedia({ colorScheme: "dark" });
    await choice("Light").click();
    await expect(page).toHaveURL("/@sunny_side");
    expect(await surface(page), "whatever the system says").toBe(light);
    await choice("As the system").click();
    await expect(page.locator("html")).not.toHaveAttribute("data-theme");
    expect(await surface(page)).not.toBe(light);
});

test("a colour scheme chosen in the menu survives sign-out", async ({ page }) => {
    await signIn(page, "alan");
    await open(page, "/following");
    const menu = page.getByRole("button", { name: /^You: / });
    await menu.click();
    await page.getByRole("button", { name: "Dark", exact: true }).click();
    await expect(page).toHaveURL("/following");
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
    await menu.click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText("You are signed out.")).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("choosing a colour scheme preserves the page and its query", async ({ page }) => {
    for (const path of ["/?before=3000", "/sign-in?next=%2Ffollowing"]) {
        await open(page, path);
        await page.getByRole("button", { name: "Dark", exact: true }).click();
        await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
        await expect(page).toHaveURL(path);
        await page.getByRole("button", { name: "As the system", exact: true }).click();
    }
});

test("choosing a colour scheme works after a refused form", async ({ page, js, allow }) => {
    allow("status of 422");
    await signIn(page, "alan");
    const id = await write(page, "alan", `In what light? ${unique()}`);
    await open(page, `/posts/${id}`);
    if (js) await page.route("**/api/**", (route) => route.abort());
    await page.getByRole("textbox", { name: "Write a reply" }).fill(" ");
    // As it is sent if the island has not loaded.
    const answered = page.waitForResponse((answer) => answer.request().method() === "POST");
    await page.locator("form.composer").evaluate((form: HTMLFormElement) => form.submit());
    expect((await answered).status()).toBe(422);
    await expect(page.locator("#body-error")).toBeVisible();
    await page.getByRole("button", { name: /^You: / }).click();
    const shown = page.waitForResponse((answer) => answer.request().method() === "GET" && answer.url().includes("/posts"));
    await page.getByRole("button", { name: "Dark", exact: true }).click();
    expect((await shown).status()).toBe(200);
    await expect(page).toHaveURL(`/posts/${id}`);
});

test("long words and names fit and Arabic reads right-to-left", async ({ page }) => {
    await signIn(page, "alan");
    const word = `${unique()}${"Donaudampfschifffahrt".repeat(30)}`;
    const long = await write(page, "alan", word);
    const arabic = await write(page, "alan", `مرحبا بكم في الحي ${unique()}`);
    for (const width of [320, 390, 1_280]) {
        await page.setViewportSize({ width, height: 800 });
        for (const path of ["/@alan", `/posts/${long}`]) {
            await open(page, path);
            const card = (await page.locator(`#p${long}`).boundingBox()) ?? { x: 0, width: 0 };
            const text = (await page.locator(`#p${long} .text`).boundingBox()) ?? { x: 0, width: 9_999 };
            expect(text.x + text.width, `${path} at ${width}`).toBeLessThanOrEqual(card.x + card.width);
            expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        }
    }
    await open(page, `/posts/${arabic}`);
    await expect(page.locator(`#p${arabic} .text`)).toHaveCSS("direction", "rtl");
    for (const name of ["maximiliana", "bartholomew_of_the_hills", "layla_haddad"]) {
        await page.setViewportSize({ width: 320, height: 640 });
        await open(page, `/@${name}`);
        const { by, when } = await cards(page).first().evaluate((card) => ({
            by: card.querySelector(".by a")?.getBoundingClientRect().right ?? 9_999,
            when: card.querySelector(".when")?.getBoundingClientRect().left ?? 0,
        }));
        expect(by, `the name of @${name} ends where the time begins`).toBeLessThanOrEqual(when + 1);
    }
});

test("keyboard users can skip to the main content", async ({ page }) => {
    for (const path of ["/", "/sign-in"]) {
        await open(page, path);
        // If a field has the focus from the start, the skip link is before it.
        await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
        const skip = page.getByRole("link", { name: "Skip to the page" });
        await expect(skip).not.toBeInViewport();
        if (path === "/") await page.keyboard.press("Tab");
        else await skip.focus();
        await expect(skip).toBeFocused();
        await expect(skip).toBeInViewport();
        await page.keyboard.press("Enter");
        await expect(page.getByRole("main")).toBeFocused();
    }
});

test("focused elements have a visible focus ring", async ({ page }) => {
    await signIn(page, "alan");
    for (const path of ["/", "/settings/devices", "/elevate"]) {
        await open(page, path);
        for (let stop = 0; stop < 16; stop++) {
            await page.keyboard.press("Tab");
            const unseen = await page.evaluate(() => {
                const here = document.activeElement;
                if (!here || here === document.body) return "";
                const ring = (element: Element, part?: string) => {
                    const style = getComputedStyle(element, part);
                    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
                };
                const around = here.matches("textarea") ? here.closest("section") : null;
                const seen = ring(here) || ring(here, "::after") || (around && ring(around));
                const { width, height } = here.getBoundingClientRect();
                return seen && width > 0 && height > 0 ? "" : here.outerHTML.slice(0, 120);
            });
            expect(unseen, `stop ${stop} on ${path}`).toBe("");
        }
    }
});

test("buttons are large enough for touch", async ({ page }) => {
    await signIn(page, "alan");
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ["/", "/settings/devices", "/@sunny_side", "/sign-in"]) {
        await open(page, path);
        const small = await page.getByRole("button").or(page.locator(".acts a, .rail a, .button")).evaluateAll((list) =>
            list
                .filter((one) => one.checkVisibility())
                .map((one) => ({ one, box: one.getBoundingClientRect() }))
                .filter(({ one, box }) => (box.height < 44 || box.width < 44) && !one.matches(".slim, .theme *, .link"))
                .map(({ one, box }) => `${one.outerHTML.slice(0, 80)} ${box.width}×${box.height}`),
        );
        expect(small, path).toEqual([]);
    }
});

test("pages load without layout shifts", async ({ page, js }) => {
    if (js) {
        await page.addInitScript(() => {
            const jumps: string[] = [];
            Object.assign(window, { jumps });
            type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Node }[] };
            new PerformanceObserver((list) => {
                for (const shift of list.getEntries() as Shift[]) {
                    const what = shift.sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 90) ?? "?");
                    if (!shift.hadRecentInput) jumps.push(`${shift.value}: ${what.join(" | ")}`);
                }
            }).observe({ type: "layout-shift", buffered: true });
        });
        await signIn(page, "alan");
    }
    for (const size of [
        { width: 1_280, height: 800 },
        { width: 390, height: 844 },
    ]) {
        await page.setViewportSize(size);
        for (const path of ["/", "/@sunny_side", "/settings/devices"]) {
            await open(page, path);
            await page.evaluate(() => document.fonts.ready);
            if (js) expect(await page.evaluate(() => (window as unknown as { jumps: string[] }).jumps), path).toEqual([]);
            // An element with reserved room cannot make anything jump.
            const unsized = page.locator("img.avatar:not([width][height])");
            await expect(unsized, `faces without a size on ${path}`).toHaveCount(0);
        }
    }
});

/** Presses once with the mouse, at the place on the screen, a moment after the page has loaded: as a user does. */
async function press(page: Page, target: Locator): Promise<void> {
    await target.scrollIntoViewIfNeeded();
    const box = await target.boundingBox();
    if (!box) throw new Error("nothing to press");
    await page.waitForTimeout(250);
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
}

test("navigation and likes work with animations enabled", async ({ page, js, allow }) => {
    // The browser's own message about a transition that the next one cut short.
    allow(/Transition was (aborted|skipped)/);
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await signIn(page, "alan");
    await open(page, "/");
    const main = page.getByRole("navigation", { name: "Main" });
    for (const [name, path] of [
        ["Following", "/following"],
        ["Settings", "/settings/devices"],
        ["Home", "/"],
        ["Following", "/following"],
    ] as const) {
        await press(page, main.getByRole("link", { name, exact: true }));
        await expect(page, `one press on ${name} is enough`).toHaveURL(path);
    }
    await press(page, cards(page).first().locator(".when"));
    await expect(page).toHaveURL(/\/posts\/\d+$/);
    await press(page, main.getByRole("link", { name: "Settings" }));
    await expect(page).toHaveURL("/settings/devices");
    await page.goBack();
    await page.goBack();
    await expect(page).toHaveURL("/following");
    await awake(page);
    if (js) {
        const heart = cards(page).first().locator(".like[aria-pressed=false]").or(cards(page).nth(1).locator(".like")).first();
        await press(page, heart);
        await expect(heart).toHaveAttribute("aria-pressed", /./);
    }
});

test("no element has a view transition name", async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "no-preference" });
    await signIn(page, "alan");
    for (const path of ["/", "/@alan", "/settings/devices"]) {
        await open(page, path);
        const captured = await page.evaluate(() => {
            const named = (one: Element) => getComputedStyle(one).viewTransitionName !== "none";
            return [...document.querySelectorAll("*")].filter(named).map((one) => one.outerHTML.slice(0, 80));
        });
        expect(captured, path).toEqual([]);
    }
});

test("reduced motion disables animations and transitions", async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    await signIn(page, "alan");
    await open(page, "/");
    const moving = await page.evaluate(() =>
        [...document.querySelectorAll("*")]
            .filter((one) => {
                const { animationName, animationDuration, transitionDuration } = getComputedStyle(one);
                const long = (times: string) => times.split(",").some((time) => parseFloat(time) > 0.01);
                return (animationName !== "none" && long(animationDuration)) || long(transitionDuration);
            })
            .map((one) => one.outerHTML.slice(0, 80)),
    );
    expect(moving).toEqual([]);
});
