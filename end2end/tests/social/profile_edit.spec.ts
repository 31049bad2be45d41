// Editing the profile, and choosing a picture: the chosen part of it with a script, its middle without.
import { deflateSync } from "node:zlib";
import type { Page } from "@playwright/test";
import { anotherBrowser, axe, expect, open, signUp, test } from "../../fixtures.ts";

const PAGE = "/settings/profile";

test("edited profile fields appear on the profile page", async ({ page }) => {
    const { username } = await signUp(page);
    await open(page, PAGE);
    await axe(page);
    await page.getByLabel("Display name").fill("Nell Ashby");
    await page.getByLabel("Pronouns").fill("she/her");
    await page.getByLabel("Place").fill("Lower Ottery");
    await page.getByLabel("Bio").fill("Rows on *Sundays*.\n\nAsk @ada about the boat.");
    await page.getByLabel("First link").fill("www.example.org/nell");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("status").filter({ hasText: "Others see your profile like this now" })).toBeVisible();
    await page.getByRole("link", { name: "See your profile" }).click();
    await expect(page).toHaveURL(`/@${username}`);
    await expect(page.getByRole("heading", { level: 1, name: "Nell Ashby" })).toBeVisible();
    await expect(page.locator(".profile")).toContainText("she/her");
    await expect(page.locator(".bio em")).toHaveText("Sundays");
    await expect(page.locator(".bio").getByRole("link", { name: "@ada" })).toHaveAttribute("href", "/@ada");
    const link = page.getByRole("link", { name: "example.org/nell" });
    await expect(link).toHaveAttribute("href", "https://www.example.org/nell");
    await expect(link).toHaveAttribute("rel", "me nofollow ugc noopener");
    await axe(page);
});

test("invalid profile fields show errors and preserve all input", async ({ page, allow }) => {
    allow("422");
    await signUp(page);
    await open(page, PAGE);
    await page.getByLabel("Place").fill("Lower Ottery");
    await page.getByLabel("Bio").fill("x".repeat(305));
    await page.getByLabel("Second link").fill("javascript:alert(1)");
    await page.getByRole("button", { name: "Save" }).click();
    await expect(page.getByRole("alert")).toBeFocused();
    await expect(page.getByLabel("Bio")).toHaveAccessibleDescription(/that is 5 too many/);
    await expect(page.getByLabel("Second link")).toHaveAccessibleDescription(/no address on the web/);
    await expect(page.getByLabel("Second link")).toHaveValue("javascript:alert(1)");
    await expect(page.getByLabel("Place")).toHaveValue("Lower Ottery");
    await page.getByRole("alert").getByRole("link").first().click();
    await expect(page.getByLabel("Bio")).toBeInViewport();
});

test("an uploaded avatar uses its middle and can be removed", async ({ page, js }) => {
    await signUp(page);
    await open(page, PAGE);
    await expect(page.locator(".crop")).toBeHidden();
    await page.getByLabel("Choose a picture of your own").setInputFiles(flag());
    await expect(page.locator(".crop")).toBeVisible({ visible: js });
    await page.getByRole("button", { name: "Use this picture" }).click();
    await expect(page.getByText("Picture changed.")).toBeVisible();
    expect(await colour(page), "the middle").toBe("green");
    await page.getByRole("button", { name: "Take it away" }).click();
    await expect(page.getByText("Picture removed.")).toBeVisible();
    await expect(page.locator(".face .portrait img")).toHaveAttribute("src", /\.svg$/);
});

test("users crop an avatar by keyboard", async ({ page, js }) => {
    test.skip(!js, "the script's");
    await signUp(page);
    await open(page, PAGE);
    await page.getByLabel("Choose a picture of your own").setInputFiles(flag());
    const canvas = page.getByRole("application", { name: "The part of the picture that is kept" });
    await expect(canvas).toBeFocused();
    await axe(page);
    for (let n = 0; n < 40; n++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("+");
    await expect(page.getByRole("slider", { name: "Size" })).toHaveValue("5");
    await page.keyboard.press("Tab");
    await expect(page.getByRole("slider", { name: "Size" })).toBeFocused();
    await page.keyboard.press("ArrowRight");
    await expect(page.getByRole("slider", { name: "Size" })).toHaveValue("6");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await expect(page.getByRole("button", { name: "Use this picture" })).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(page.getByText("Picture changed.")).toBeVisible();
    expect(await colour(page), "its right end").toBe("blue");
});

test("users crop an avatar by dragging and the mouse wheel", async ({ page, js }) => {
    test.skip(!js, "the script's");
    await signUp(page);
    await open(page, PAGE);
    await page.getByLabel("Choose a picture of your own").setInputFiles(flag());
    const canvas = page.getByRole("application");
    await expect(canvas).toBeFocused();
    const box = await canvas.boundingBox();
    if (!box) throw new Error("the canvas is nowhere");
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -60);
    await expect(page.getByRole("slider", { name: "Size" })).not.toHaveValue("0");
    for (let n = 0; n < 4; n++) {
        await page.mouse.move(x - 120, y);
        await page.mouse.down();
        await page.mouse.move(x + 120, y, { steps: 4 });
        await page.mouse.up();
    }
    await page.getByRole("button", { name: "Use this picture" }).click();
    await expect(page.getByText("Picture changed.")).toBeVisible();
    expect(await colour(page), "its left end").toBe("red");
});

test("the server refuses a file that is not an image", async ({ page, allow }) => {
    allow("422");
    await signUp(page);
    await open(page, PAGE);
    const file = { name: "me.png", mimeType: "image/png", buffer: Buffer.from("<svg onload='alert(1)'/>") };
    await page.getByLabel("Choose a picture of your own").setInputFiles(file);
    await expect(page.locator(".crop")).toBeHidden();
    await page.getByRole("button", { name: "Use this picture" }).click();
    await expect(page.getByLabel("Choose a picture of your own")).toHaveAccessibleDescription(/PNG, JPEG or WebP/);
    await expect(page.getByRole("alert")).toContainText("Choose a PNG, JPEG or WebP picture.");
});

test("an avatar over 8 MB is refused with a message", async ({
    page,
    js,
    allow,
}) => {
    if (!js) allow("422");
    await signUp(page);
    await open(page, PAGE);
    const input = page.getByLabel("Choose a picture of your own");
    const words = "That picture is larger than 8 MB. Choose a smaller file.";
    await input.setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.alloc(9 * 1024 * 1024) });
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.method()));
    await page.getByRole("button", { name: "Use this picture" }).click();
    if (js) {
        expect(await input.evaluate((element: HTMLInputElement) => element.validationMessage)).toBe(words);
        expect(sent, "nothing is sent").not.toContain("POST");
    } else {
        await expect(page.getByRole("alert")).toContainText(words);
        await expect(input).toHaveAccessibleDescription(/larger than 8 MB/);
    }
    // Another file corrects it.
    await input.setInputFiles(flag());
    await page.getByRole("button", { name: "Use this picture" }).click();
    await expect(page.getByText("Picture changed.")).toBeVisible();
});

/** Returns the strongest colour in the middle of the user's picture. */
async function colour(page: Page): Promise<string> {
    const source = await page.locator(".face .portrait img").getAttribute("src");
    const picture = await page.request.get(source ?? "");
    const base64 = (await picture.body()).toString("base64");
    const type = picture.headers()["content-type"] ?? "";
    const eyes = await anotherBrowser(page, { javaScriptEnabled: true });
    const elsewhere = await eyes.newPage();
    const strongest = await elsewhere.evaluate(async ({ base64, type }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type }));
        const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        pen?.drawImage(bitmap, 0, 0);
        const pixel = pen?.getImageData(bitmap.width / 2, bitmap.height / 2, 1, 1).data ?? [];
        const [red = 0, green = 0, blue = 0] = pixel;
        if (red > green && red > blue) return "red";
        return green > blue ? "green" : "blue";
    }, { base64, type });
    await eyes.close();
    return strongest;
}

/** Red left, green in the middle, blue right: a PNG three times as wide as it is high. */
function flag(): { name: string; mimeType: string; buffer: Buffer } {
    const [width, height] = [600, 200];
    const line = Buffer.alloc(1 + 3 * width);
    for (let x = 0; x < width; x++) line[1 + 3 * x + Math.floor((3 * x) / width)] = 200;
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head.set([8, 2, 0, 0, 0], 8);
    const pixels = deflateSync(Buffer.concat(Array.from({ length: height }, () => line)));
    const parts = [chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))];
    const buffer = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ...parts]);
    return { name: "flag.png", mimeType: "image/png", buffer };
}

function chunk(name: string, content: Buffer): Buffer {
    const body = Buffer.concat([Buffer.from(name), content]);
    let crc = ~0;
    for (const byte of body) {
        crc ^= byte;
        for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    }
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(content.length);
    sum.writeUInt32BE(~crc >>> 0);
    return Buffer.concat([length, body, sum]);
}
