// The rules for every page: one heading, landmarks, a title of its own, no scrolling sideways at any width, and no
// barriers to accessibility, by day and by night.
import { axe, cards, expect, open, signIn, test } from "../../fixtures.ts";
import type { Page } from "@playwright/test";

const STRANGERS = ["/", "/?before=2000", "/following", "/sign-up", "/sign-in/code", "/forgot-password", "/unsubscribe", "/@maximiliana", "/dev/mail", "/nothing-here"];
const MEMBERS = [
    "/",
    "/following",
    "/posts/new",
    "/@ada",
    "/@layla_haddad",
    "/notifications",
    "/settings/notifications",
    "/settings/devices",
    "/settings/profile",
    "/settings/account",
    "/settings/security",
    "/settings/connections",
    "/settings/activity",
    "/elevate",
    "/nothing-here",
];

for (const [who, paths] of [
    ["strangers", STRANGERS],
    ["members", MEMBERS],
] as const) {
    for (const path of paths) {
        test(`${path} meets the page rules for ${who}`, async ({ page, allow }) => {
            if (path === "/nothing-here") allow("status of 404");
            if (who === "members") await signIn(page, "ada");
            await isSound(page, path);
        });
    }

    test(`a post with replies meets the page rules for ${who}`, async ({ page }) => {
        if (who === "members") await signIn(page, "ada");
        await open(page, "/@ada");
        // The oldest on the page: no other test writes or deletes there.
        const replies = cards(page).locator(".replies").filter({ hasText: /\d/ }).last();
        await isSound(page, (await replies.getAttribute("href")) ?? "");
        await expect(page.getByRole("region", { name: "Replies" }).getByRole("article").first()).toBeVisible();
    });
}

async function isSound(page: Page, path: string): Promise<void> {
    // Checking a whole page for accessibility twice takes its time on a busy machine.
    test.slow();
    await page.emulateMedia({ colorScheme: "light" });
    await open(page, path);
    await axe(page);
    await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
    await expect(page.getByRole("main")).toHaveCount(1);
    await expect(page).toHaveTitle(/^\S.* · Kith$/);
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
    for (const width of [320, 768, 1_280, 390]) {
        await page.setViewportSize({ width, height: 844 });
        // The browser lays out the page for the new width a moment after the window has it.
        await expect(async () => {
            const { wide, out } = await page.evaluate(sticksOut);
            expect(wide, `how wide ${path} is at ${width}`).toBeLessThanOrEqual(width);
            expect(out, `what sticks out of ${path} at ${width}`).toEqual([]);
        }).toPass({ timeout: 5_000 });
    }
    // And on a phone, by night.
    await page.emulateMedia({ colorScheme: "dark" });
    await axe(page);
}

/** Returns the elements that reach beyond the window's sides and are not cut off by an element around them. */
function sticksOut(): { wide: number; out: string[] } {
    const { scrollWidth, clientWidth } = document.documentElement;
    const cut = (element: Element | null): boolean =>
        element !== null && element !== document.body && (getComputedStyle(element).overflowX !== "visible" || cut(element.parentElement));
    const out = [...document.body.querySelectorAll("*")]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(".skip, svg"))
        .filter((element) => {
            const { left, right, width } = element.getBoundingClientRect();
            return width > 0 && (right > clientWidth + 1 || left < -1) && !cut(element.parentElement);
        });
    return { wide: scrollWidth, out: out.map((element) => element.outerHTML.slice(0, 90)) };
}
