// An OpenID Connect issuer that is not ours: `oidc-provider`, certified by the OpenID Foundation, with a page that
// signs in any name the user types. `node issuer.mjs CALLBACK`; its first three output lines are its address, the
// client id, and the client secret.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

// It prints a warning that this is not for production; our reader takes only three lines of output.
console.info = console.warn = () => {};

const [callback] = process.argv.slice(2);
const client = { client_id: "kith", client_secret: randomBytes(24).toString("hex"), redirect_uris: [callback] };

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

// Like many issuers, it redirects over another host on the way to its sign-in page.
const detour = createServer((request, response) => {
    response.writeHead(303, { location: `${issuer}${request.url}` }).end();
});
await new Promise((listening) => detour.listen(0, "127.0.0.1", listening));

const provider = new Provider(issuer, {
    clients: [client],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name", "preferred_username"] },
    cookies: { keys: [randomBytes(24).toString("hex")] },
    features: { devInteractions: { enabled: false } },
    interactions: {
        // The provider's cookie is for this path: both hosts have the same.
        url: (_, interaction) => `http://localhost:${detour.address().port}/interaction/${interaction.uid}`,
    },
    findAccount: (_, id) => ({ accountId: id, claims: () => person(id) }),
    // Signing in here counts as consent, so that there is no second question.
    async loadExistingGrant({ oidc }) {
        const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope("openid email profile");
        await grant.save();
        return grant;
    },
});

function person(id) {
    const unproved = id.startsWith("unproved");
    return { sub: id, name: id, preferred_username: id, email: `${id}@example.org`, email_verified: !unproved };
}

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gatehouse</title>
<h1>Gatehouse</h1><form method="post"><label>Name <input name="login" required></label> <button>Come in</button></form>`;

async function interaction(request, response) {
    if (request.method === "GET") {
        response.setHeader("content-type", "text/html").end(PAGE);
        return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    const login = new URLSearchParams(body).get("login");
    await provider.interactionFinished(request, response, { login: { accountId: login } });
}

const answer = provider.callback();
server.on("request", (request, response) => {
    if (!request.url.startsWith("/interaction/")) return answer(request, response);
    interaction(request, response).catch((why) => response.writeHead(400).end(String(why)));
});
console.log(`${issuer}\n${client.client_id}\n${client.client_secret}`);
