// The picture in the README, taken only on request: KITH_SCREENSHOTS=1 on a freshly seeded database.
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cards, expect, open, signIn, test } from "../fixtures.ts";

const FILE = fileURLToPath(new URL("../../docs/feed.png", import.meta.url));

if (process.env.KITH_SCREENSHOTS) {
    test("a screenshot of the feed is saved for the README", async ({ page, js }) => {
        if (!js) return;
        await page.emulateMedia({ colorScheme: "light" });
        await signIn(page, "ada");
        // A message that is shown once is gone after this.
        await page.goto("/settings/devices");
        await open(page, "/");
        await expect(cards(page)).toHaveCount(50);
        await page.evaluate(() => document.fonts.ready);
        await page.screenshot({ path: FILE, scale: "css" });
        expect(statSync(FILE).size, "bytes of docs/feed.png").toBeLessThan(300 * 1_024);
    });
}
