// A bucket for the tests: `s3rver`, written by others, behind a check of its own (s3rver does not verify signatures of
// version four) and with the faults of real buckets. `node server.mjs FOLDER KEY_ID SECRET`; its first output line is
// its address, and then it repeats each line of its input as soon as it behaves so:
//   ok        as it should
//   down      closes the connection
//   mute      accepts the request and never answers
//   broken    500
//   refuse    403
//   short     announces the length of the response, sends half of it and closes the connection
// It ends with its input.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import S3rver from "s3rver";

const [directory, keyId, secret] = process.argv.slice(2);
const s3rver = new S3rver({ directory, silent: true, vhostBuckets: false, configureBuckets: [{ name: "kith" }] });
await s3rver.configureBuckets();
const answer = s3rver.getMiddleware();
let mode = "ok";

const hmac = (key, text) => createHmac("sha256", key).update(text).digest();

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
function isSigned({ method, url, headers }) {
    const form = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
    const [, id, day, region, names, given] = form.exec(headers.authorization ?? "") ?? [];
    if (id !== keyId || !names.split(";").includes("host")) return false;
    const [path, query = ""] = url.split("?");
    const lines = names.split(";").map((name) => `${name}:${headers[name]?.trim().replace(/ +/g, " ")}\n`);
    const sum = headers["x-amz-content-sha256"];
    const pairs = query.split("&").filter(Boolean).map((pair) => (pair.includes("=") ? pair : `${pair}=`));
    const asked = [method, path, pairs.sort().join("&"), lines.join(""), names, sum].join("\n");
    const scope = `${day}/${region}/s3/aws4_request`;
    const digest = createHash("sha256").update(asked).digest("hex");
    const text = ["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, digest].join("\n");
    const key = [day, region, "s3", "aws4_request"].reduce(hmac, `AWS4${secret}`);
    return timingSafeEqual(hmac(key, text), Buffer.from(given, "hex"));
}

function refuse(response, status, code) {
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>No</Message></Error>`);
}

function shorten(response) {
    const { write, end } = response;
    const half = (chunk) => {
        if (!chunk) return;
        write.call(response, chunk.subarray(0, chunk.length / 2));
        setTimeout(() => response.socket?.destroy(), 20);
    };
    response.write = (chunk) => (half(chunk), true);
    response.end = (chunk) => (chunk ? half(chunk) : setTimeout(() => end.call(response), 50), response);
}

const server = createServer((request, response) => {
    if (mode === "down") return request.socket.destroy();
    if (mode === "mute") return;
    if (mode === "broken") return refuse(response, 500, "InternalError");
    if (mode === "refuse" || !isSigned(request)) return refuse(response, 403, "SignatureDoesNotMatch");
    if (mode === "short" && request.method === "GET") shorten(response);
    // s3rver's own check does not know this kind of signature.
    delete request.headers.authorization;
    answer(request, response);
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));

createInterface({ input: process.stdin })
    .on("line", (line) => {
        mode = line;
        console.log(line);
    })
    .on("close", () => process.exit());
