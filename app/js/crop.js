// Lets the user choose the part of a picture to keep. The chosen part replaces the file in the plain form, which sends
// it like any file. If anything here fails, the server keeps the middle.

const form = document.querySelector("form:has(.crop)");
const input = form.querySelector("[type=file]");
const crop = form.querySelector(".crop");
const canvas = crop.querySelector("canvas");
const zoom = crop.querySelector("[type=range]");
const pen = canvas.getContext("2d");

// The longest side to send, in pixels. More is of no use: the server keeps 400 pixels.
const ENOUGH = 800;
// The largest zoom factor: four times at the end of the slider.
const MOST = 4;
const STEP = 12;

// The picture, upright; the centre of the part to keep, in picture pixels; and whether the form already holds that
// part.
let picture, x, y, ready;
const fingers = new Map();

const side = () => Math.min(picture.width, picture.height) / MOST ** (zoom.value / 100);
const within = (at, length) => Math.min(Math.max(at, side() / 2), length - side() / 2);

function draw() {
  [x, y] = [within(x, picture.width), within(y, picture.height)];
  paint(pen, canvas.width);
  // Dims the part outside the circle and does not hide it: an avatar is shown round and kept square.
  const half = canvas.width / 2;
  pen.beginPath();
  pen.rect(0, 0, canvas.width, canvas.width);
  pen.arc(half, half, half, 0, 2 * Math.PI);
  pen.fillStyle = "rgb(0 0 0 / 0.5)";
  pen.fill("evenodd");
}

function paint(pen, size) {
  // White where the picture is transparent, as on the server.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, size, size);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, x - side() / 2, y - side() / 2, side(), side(), 0, 0, size, size);
}

function middle() {
  [x, y, zoom.value] = [picture.width / 2, picture.height / 2, 0];
  draw();
}

// Moves the picture by this many pixels of the page.
function move(right, down) {
  const pixel = side() / canvas.clientWidth;
  [x, y] = [x - right * pixel, y - down * pixel];
  draw();
}

// The point of the picture at this place of the canvas (0 to 1 each way) does not move.
function enlarge(by, left = 0.5, top = 0.5) {
  const before = side();
  zoom.value = Number(zoom.value) + by;
  const less = before - side();
  [x, y] = [x + (left - 0.5) * less, y + (top - 0.5) * less];
  draw();
}

function place(event) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  return [(event.clientX - left) / width, (event.clientY - top) / height];
}

input.addEventListener("change", async () => {
  picture?.close();
  picture = ready = undefined;
  crop.hidden = true;
  const [file] = input.files;
  // A file that is too large is not sent, unless the browser can read it: the part cut out of it is small.
  const large = file?.size > form.dataset.maxBytes;
  input.setCustomValidity(large ? form.dataset.tooLarge : "");
  if (!file) return;
  // A file that the browser cannot read otherwise is sent unchanged: the server says what is wrong with it.
  const read = await createImageBitmap(file).catch(() => undefined);
  if (file !== input.files[0]) return;
  if (!read) {
    if (large) input.reportValidity();
    return;
  }
  input.setCustomValidity("");
  picture = read;
  crop.hidden = false;
  middle();
  canvas.focus({ preventScroll: true });
  crop.scrollIntoView({ block: "nearest" });
});

zoom.addEventListener("input", draw);
crop.querySelector("button").addEventListener("click", middle);

canvas.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
});

canvas.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
  fingers.set(event.pointerId, event);
  const share = other ? 0.5 : 1;
  if (other) {
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    enlarge((100 * Math.log(apart(event) / apart(before))) / Math.log(MOST), ...place(event));
  }
  move(share * (event.clientX - before.clientX), share * (event.clientY - before.clientY));
});

for (const end of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(end, (event) => fingers.delete(event.pointerId));
}

// Only if the canvas has the focus or the user zooms with Ctrl: otherwise the wheel scrolls the page.
canvas.addEventListener(
  "wheel",
  (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return;
    event.preventDefault();
    enlarge(Math.max(-10, Math.min(10, -event.deltaY / 10)), ...place(event));
  },
  { passive: false },
);

const keys = {
  ArrowLeft: () => move(STEP, 0),
  ArrowRight: () => move(-STEP, 0),
  ArrowUp: () => move(0, STEP),
  ArrowDown: () => move(0, -STEP),
  "+": () => enlarge(5),
  "=": () => enlarge(5),
  "-": () => enlarge(-5),
  0: middle,
};

canvas.addEventListener("keydown", (event) => {
  if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
});

form.addEventListener("submit", async (event) => {
  if (!picture || ready) return;
  event.preventDefault();
  const chosen = await cut().catch(() => undefined);
  if (chosen) {
    const files = new DataTransfer();
    files.items.add(chosen);
    input.files = files.files;
  }
  ready = true;
  form.requestSubmit(event.submitter);
});

async function cut() {
  const size = Math.max(1, Math.min(ENOUGH, Math.round(side())));
  const square = Object.assign(document.createElement("canvas"), { width: size, height: size });
  paint(square.getContext("2d"), size);
  // A browser that cannot write WebP writes PNG instead.
  const blob = await new Promise((done) => square.toBlob(done, "image/webp", 0.95));
  return blob && new File([blob], "picture", { type: blob.type });
}

// A user who returns to this page finds the file they chose last and may choose again.
addEventListener("pageshow", (event) => {
  if (event.persisted) ready = undefined;
});
