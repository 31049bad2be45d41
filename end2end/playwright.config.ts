// Every spec runs twice, with JavaScript and without: a page that needs scripts to work is a bug. `cargo xtask test
// browser` starts a Kith, finds a Chromium and passes on the address of both.
import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

const root = process.getuid?.() === 0;

const browser: PlaywrightTestConfig["use"] = {
    browserName: "chromium",
    launchOptions: {
        ...(process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM } : {}),
        args: [
            // Chromium's sandbox refuses root, which containers and CI machines are.
            ...(root ? ["--no-sandbox"] : []),
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            // Chromium's own background requests are not Kith's.
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    },
};

export default defineConfig({
    testDir: "tests",
    fullyParallel: true,
    forbidOnly: Boolean(process.env.CI),
    // A test that fails sometimes is a failing test.
    retries: 0,
    workers: 2,
    timeout: 40_000,
    expect: { timeout: 8_000 },
    outputDir: "test-results",
    use: {
        ...browser,
        baseURL: process.env.KITH_URL ?? "http://127.0.0.1:3000",
        viewport: { width: 1280, height: 800 },
        locale: "en-GB",
        timezoneId: "UTC",
        actionTimeout: 8_000,
        navigationTimeout: 10_000,
        trace: "off",
        screenshot: "only-on-failure",
    },
    projects: [
        { name: "js", use: { javaScriptEnabled: true } },
        { name: "no-js", use: { javaScriptEnabled: false } },
    ],
});
