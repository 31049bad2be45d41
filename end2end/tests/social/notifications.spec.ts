// Notifications: the number on the bell, one row for many likes, read with one press, and the mails.
import { type Person, anotherBrowser, axe, expect, open, post, signIn, signUp, test, unique, write } from "../../fixtures.ts";
import type { Page } from "@playwright/test";

const bell = (page: Page) => page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Notifications/ });
const rows = (page: Page) => page.getByRole("region", { name: "Notifications" }).getByRole("listitem");

/** Acts as a user of the cast, in a browser of their own. */
async function as(page: Page, who: Person, act: (page: Page) => Promise<unknown>): Promise<void> {
    const context = await anotherBrowser(page);
    const theirs = await context.newPage();
    await signIn(theirs, who);
    await act(theirs);
    await context.close();
}

test("several likes form one notification that users mark as read", async ({ page }) => {
    const me = await signUp(page);
    await open(page, "/notifications");
    await expect(page.getByRole("heading", { name: "All quiet" })).toBeVisible();
    await expect(bell(page)).toHaveAccessibleName("Notifications");
    const words = `To be told of, ${unique()}.`;
    const id = await write(page, me.username, words);
    for (const who of ["ada", "grace", "alan"] as const) {
        await as(page, who, (theirs) => post(theirs, `/posts/${id}/like`, { like: "true" }));
    }
    await open(page, "/notifications");
    await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
    await expect(rows(page)).toHaveCount(1);
    await expect(rows(page)).toContainText(/Unread\. .* and 2 others liked your post/);
    await expect(rows(page)).toContainText(words);
    await axe(page);
    await rows(page).getByRole("button", { name: /^Mark as read/ }).click();
    await expect(page.getByText("Marked as read.")).toBeVisible();
    await expect(bell(page)).toHaveAccessibleName("Notifications");
    await expect(rows(page)).not.toContainText("Unread");
    await expect(page.getByRole("button", { name: "Mark all as read" })).toHaveCount(0);
});

test("a reply notification leads to the reply and becomes read", async ({ page }) => {
    const me = await signUp(page);
    const id = await write(page, me.username, `A question, ${unique()}?`);
    const words = `An answer, ${unique()}.`;
    await as(page, "ada", (theirs) => post(theirs, `/posts/${id}/replies`, { body: words }));
    await open(page, "/notifications");
    const link = rows(page).getByRole("link");
    await expect(link).toHaveAccessibleName(/ replied to you$/);
    await link.click();
    await expect(page).toHaveURL(/\/posts\/\d+$/);
    await expect(page.locator("article.focal")).toContainText(words);
    // The browser itself reports that the row was followed.
    await expect(async () => {
        await page.goto("/notifications");
        await expect(bell(page)).toHaveAccessibleName("Notifications", { timeout: 500 });
    }).toPass({ timeout: 8_000 });
});

test("users follow back and mark all notifications as read", async ({ page }) => {
    const me = await signUp(page);
    for (const who of ["edsger", "barbara"] as const) {
        await as(page, who, (theirs) => post(theirs, `/@${me.username}/follow`, { follow: "true" }));
    }
    await open(page, "/notifications");
    await expect(bell(page)).toHaveAccessibleName("Notifications, 2 unread");
    await page.getByRole("button", { name: "Follow back @edsger" }).click();
    await expect(page).toHaveURL("/notifications");
    await expect(page.getByRole("button", { name: "Follow back @edsger" })).toHaveAttribute("aria-pressed", "true");
    await page.getByRole("button", { name: "Mark all as read" }).click();
    await expect(page.getByText("All read.")).toBeVisible();
    await expect(bell(page)).toHaveAccessibleName("Notifications");
    await expect(rows(page)).toHaveCount(2);
});

test("users choose the notification mails they receive", async ({ page }) => {
    await signUp(page);
    await open(page, "/settings/notifications");
    await axe(page);
    await expect(page.getByLabel("At most once a day")).toBeChecked();
    await expect(page.getByLabel("Someone replies to me")).toBeChecked();
    await expect(page.getByLabel("Someone likes my post")).not.toBeChecked();
    await page.getByLabel("At most once a week").check();
    await page.getByLabel("Someone follows me").check();
    await page.getByLabel("Someone mentions me").uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByText("Saved.")).toBeVisible();
    await expect(page.getByLabel("At most once a week")).toBeChecked();
    await expect(page.getByLabel("Someone follows me")).toBeChecked();
    await expect(page.getByLabel("Someone mentions me")).not.toBeChecked();
});

test("an unsubscribe link asks first and reports an invalid token", async ({ page }) => {
    await open(page, "/unsubscribe?token=nobody");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("No more mails of this kind?");
    await axe(page);
    await page.getByRole("button", { name: "Stop these mails" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This link works no more");
    await expect(page.getByRole("link", { name: "Choose what is mailed" })).toBeVisible();
    await axe(page);
});

test("users switch between the two feeds with one press", async ({ page }) => {
    await signIn(page, "alan");
    for (const size of [
        { width: 1_280, height: 800 },
        { width: 390, height: 844 },
    ]) {
        await page.setViewportSize(size);
        await open(page, "/");
        const feeds = page.getByRole("navigation", { name: "Feeds" });
        await expect(feeds.getByRole("link", { name: "Latest" })).toHaveAttribute("aria-current", "page");
        await feeds.getByRole("link", { name: "Following" }).click();
        await expect(page).toHaveURL("/following");
        await expect(feeds.getByRole("link", { name: "Following" })).toHaveAttribute("aria-current", "page");
        await feeds.getByRole("link", { name: "Latest" }).click();
        await expect(page).toHaveURL("/");
    }
});

test("five tabs fit phones and show only icons when narrow", async ({ page }) => {
    await signIn(page, "alan");
    const links = page.getByRole("navigation", { name: "Main" }).locator("li:visible > :is(a, button)");
    for (const width of [390, 360, 320]) {
        await page.setViewportSize({ width, height: 740 });
        await open(page, "/");
        const boxes = await links.evaluateAll((list) =>
            list
                .map((one) => ({ name: one.getAttribute("aria-label") ?? "", box: one.getBoundingClientRect(), text: (one as HTMLElement).innerText.trim() }))
                .sort((a, b) => a.box.left - b.box.left),
        );
        expect(boxes.map(({ name }) => name.replace(/[,:].*/, ""))).toEqual(["Home", "Search", "Write", "Notifications", "You"]);
        for (const { name, box, text } of boxes) {
            expect(box.width, `${name} at ${width}`).toBeGreaterThanOrEqual(44);
            if (width < 352) expect(text, `${name} at ${width}`).toMatch(/^(\d+\+?)?$/);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(wide, `at ${width}`).toBeLessThanOrEqual(width);
    }
});
