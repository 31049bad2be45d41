//! The shape families. Each draws on a 96 × 96 ground with two more colours and leaves the middle calm enough for a
//! letter. Nothing is transparent: below the letter is always one of the three colours, so the contrast can be checked.

use super::palette::Palette;
use crate::base::seeded_rng::SeededRng;

type Family = fn(&mut SeededRng, &Palette) -> String;

const FAMILIES: [Family; 14] =
    [hills, peaks, waves, petals, quarters, stripes, arcs, orbit, blob, discs, rays, dots, moon, leaves];

/// Draws one composition.
pub(super) fn draw(rng: &mut SeededRng, p: &Palette) -> String {
    let family = FAMILIES[rng.below(FAMILIES.len() as u64) as usize];
    family(rng, p)
}

/// Returns a point on a circle around (`x`, `y`), rounded to whole units. Sines differ in their last bit between
/// platforms; the small offset makes exact halves (`cos 60°`) round the same way everywhere.
fn around(x: i32, y: i32, radius: i32, degrees: i32) -> (i32, i32) {
    let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
    let (dx, dy) = (f64::from(radius) * cos, f64::from(radius) * sin);
    (x + (dx + 1e-6).round() as i32, y + (dy + 1e-6).round() as i32)
}

fn circle(x: i32, y: i32, r: i32, fill: impl std::fmt::Display) -> String {
    format!(r#"<circle cx="{x}" cy="{y}" r="{r}" fill="{fill}"/>"#)
}

fn path(d: &str, fill: impl std::fmt::Display) -> String {
    format!(r#"<path fill="{fill}" d="{d}"/>"#)
}

fn rotated(degrees: i32, inner: &str) -> String {
    format!(r#"<g transform="rotate({degrees} 48 48)">{inner}</g>"#)
}

fn side(rng: &mut SeededRng) -> i32 {
    if rng.percent(50) { 1 } else { -1 }
}

fn hills(rng: &mut SeededRng, p: &Palette) -> String {
    let s = side(rng);
    let sun = circle(48 - s * rng.between(14, 26), rng.between(20, 32), rng.between(9, 15), p.b);
    let far = circle(48 + s * rng.between(18, 34), 96 + rng.between(0, 12), rng.between(48, 58), p.a);
    let near = circle(48 - s * rng.between(22, 40), 104 + rng.between(0, 14), rng.between(44, 54), p.b);
    format!("{sun}{far}{near}")
}

fn peaks(rng: &mut SeededRng, p: &Palette) -> String {
    let s = side(rng);
    let (x1, y1) = (48 - s * rng.between(12, 28), rng.between(18, 34));
    let (x2, y2) = (48 + s * rng.between(14, 34), rng.between(38, 56));
    let far = path(&format!("M{x1} {y1}L{} 96H{}z", x1 + 70, x1 - 70), p.a);
    let near = path(&format!("M{x2} {y2}L{} 96H{}z", x2 + 56, x2 - 56), p.b);
    let moon = circle(48 + s * rng.between(16, 28), rng.between(16, 26), rng.between(6, 10), p.b);
    format!("{moon}{far}{near}")
}

fn waves(rng: &mut SeededRng, p: &Palette) -> String {
    let (h, y) = (rng.between(8, 20), rng.between(26, 44));
    let step = rng.between(24, 40);
    let wave = |x: i32, y: i32, h: i32| {
        format!("M{x} {y}q{} {} {step} 0t{step} 0 {step} 0 {step} 0 {step} 0V160H{x}z", step / 2, -h)
    };
    let first = path(&wave(-40, y, h), p.a);
    let second = path(&wave(-40 + rng.between(-20, 10), y + rng.between(22, 30), h), p.b);
    rotated(rng.between(-6, 6) * 15, &format!("{first}{second}"))
}

fn petals(rng: &mut SeededRng, p: &Palette) -> String {
    let n = rng.between(5, 9);
    let turn = rng.between(0, 5) * 12;
    let reach = rng.between(32, 40);
    let mut d = String::new();
    for i in 0..n {
        let (x, y) = around(48, 48, reach, turn + i * 360 / n);
        d += &format!("M48 48L{x} {y}");
    }
    let width = 150 / n;
    let heart = circle(48, 48, rng.between(22, 28), p.b);
    format!(r#"<path stroke="{}" stroke-width="{width}" stroke-linecap="round" d="{d}"/>{heart}"#, p.a)
}

fn quarters(rng: &mut SeededRng, p: &Palette) -> String {
    let mut out = String::new();
    for (x, y) in [(0, 0), (48, 0), (0, 48), (48, 48)] {
        let d = match rng.below(4) {
            0 => format!("M{x} {y}h48a48 48 0 0 1-48 48z"),
            1 => format!("M{} {y}v48a48 48 0 0 1-48-48z", x + 48),
            2 => format!("M{} {}h-48a48 48 0 0 1 48-48z", x + 48, y + 48),
            _ => format!("M{x} {}v-48a48 48 0 0 1 48 48z", y + 48),
        };
        out += &path(&d, if (x + y) % 96 == 0 { p.a } else { p.b });
    }
    out
}

fn stripes(rng: &mut SeededRng, p: &Palette) -> String {
    let stroke_width = rng.between(7, 15);
    let gap = stroke_width + rng.between(8, 16);
    let y = rng.between(0, 14) - 10;
    let bars = |from: i32| (0..3).map(|i| format!("M-40 {}h180", from + i * gap * 2)).collect::<String>();
    let (first, second) = (bars(y), bars(y + gap));
    let inner = format!(
        r#"<g stroke-width="{stroke_width}"><path stroke="{}" d="{first}"/><path stroke="{}" d="{second}"/></g>"#,
        p.a, p.b
    );
    rotated(rng.between(-5, 6) * 15, &inner)
}

fn arcs(rng: &mut SeededRng, p: &Palette) -> String {
    let (x, y) = around(48, 48, rng.between(34, 62), rng.between(0, 23) * 15);
    let step = rng.between(14, 20);
    let r = rng.between(70, 84);
    [p.a, p.b, p.ground, p.a].iter().enumerate().map(|(i, c)| circle(x, y, r - step * i as i32, c)).collect()
}

fn orbit(rng: &mut SeededRng, p: &Palette) -> String {
    let (outer, inner) = (rng.between(36, 41), rng.between(24, 29));
    let ring = |r: i32, c: super::colour::Rgb| {
        format!(r#"<circle cx="48" cy="48" r="{r}" fill="none" stroke="{c}" stroke-width="3"/>"#)
    };
    let mut out = ring(outer, p.a) + &ring(inner, p.b);
    let turn = rng.between(0, 23) * 15;
    for i in 0..rng.between(2, 4) {
        let (x, y) = around(48, 48, outer, turn + i * rng.between(60, 120));
        out += &circle(x, y, rng.between(5, 9), p.b);
    }
    let (x, y) = around(48, 48, inner, turn + rng.between(0, 359));
    out + &circle(x, y, rng.between(5, 8), p.a) + &circle(48, 48, 19, p.a)
}

fn blob(rng: &mut SeededRng, p: &Palette) -> String {
    let n = rng.between(5, 7);
    let turn = rng.between(0, 71) * 5;
    let points: Vec<_> = (0..n).map(|i| around(48, 48, rng.between(26, 50), turn + i * 360 / n)).collect();
    let middle = |i: usize| {
        let (a, b) = (points[i % points.len()], points[(i + 1) % points.len()]);
        ((a.0 + b.0) / 2, (a.1 + b.1) / 2)
    };
    let start = middle(points.len() - 1);
    let mut d = format!("M{} {}", start.0, start.1);
    for (i, point) in points.iter().enumerate() {
        let end = middle(i);
        d += &format!("Q{} {} {} {}", point.0, point.1, end.0, end.1);
    }
    let (x, y) = around(48, 48, rng.between(36, 44), rng.between(0, 23) * 15);
    path(&(d + "z"), p.a) + &circle(x, y, rng.between(7, 16), p.b)
}

fn discs(rng: &mut SeededRng, p: &Palette) -> String {
    let turn = rng.between(0, 23) * 15;
    let (x1, y1) = around(48, 48, rng.between(20, 34), turn);
    let (x2, y2) = around(48, 48, rng.between(20, 36), turn + rng.between(120, 200));
    circle(x1, y1, rng.between(30, 42), p.a) + &circle(x2, y2, rng.between(22, 36), p.b)
}

fn rays(rng: &mut SeededRng, p: &Palette) -> String {
    let (x, y) = around(48, 48, rng.between(0, 50), rng.between(0, 23) * 15);
    let n = rng.between(7, 11);
    let turn = rng.between(0, 9) * 4;
    let mut d = String::new();
    for i in 0..n {
        let (x1, y1) = around(x, y, 110, turn + i * 360 / n);
        let (x2, y2) = around(x, y, 110, turn + i * 360 / n + 180 / n);
        d += &format!("M{x} {y}L{x1} {y1} {x2} {y2}z");
    }
    path(&d, p.a) + &circle(x, y, rng.between(18, 30), p.b)
}

fn dots(rng: &mut SeededRng, p: &Palette) -> String {
    let gap = rng.between(17, 24);
    let stroke_width = rng.between(8, 13);
    let row = |shift: i32, y: i32| (0..6).map(|i| format!("M{} {y}h0", shift + i * gap)).collect::<String>();
    let mut odd = String::new();
    let mut even = String::new();
    for i in 0..3 {
        odd += &row(-10, -4 + 2 * i * gap);
        even += &row(-10 + gap / 2, -4 + (2 * i + 1) * gap);
    }
    let dots = format!(r#"<path stroke="{}" d="{odd}"/><path stroke="{}" d="{even}"/>"#, p.a, p.b);
    let inner = format!(r#"<g stroke-width="{stroke_width}" stroke-linecap="round">{dots}</g>"#);
    rotated(rng.between(0, 5) * 15, &inner)
}

fn moon(rng: &mut SeededRng, p: &Palette) -> String {
    let turn = rng.between(0, 23) * 15;
    let (x, y) = around(48, 48, rng.between(10, 18), turn);
    let mut out = circle(48, 48, rng.between(38, 43), p.a) + &circle(x, y, rng.between(30, 34), p.ground);
    for i in 0..3 {
        let (x, y) = around(48, 48, rng.between(24, 44), turn + (i - 1) * rng.between(24, 50));
        out += &circle(x, y, rng.between(2, 5), p.b);
    }
    out
}

fn leaves(rng: &mut SeededRng, p: &Palette) -> String {
    let turn = rng.between(0, 11) * 30;
    let leaf = |at: i32, reach: i32, fill: super::colour::Rgb| {
        let d = format!(
            "M48 52a{r} {r} 0 0 1 {reach} {up}a{r} {r} 0 0 1-{reach} {down}z",
            r = reach,
            up = -reach,
            down = reach
        );
        format!(r#"<path transform="rotate({at} 48 52)" fill="{fill}" d="{d}"/>"#)
    };
    let n = rng.between(3, 5);
    (0..n).map(|i| leaf(turn + i * 360 / n, rng.between(34, 44), if i % 2 == 0 { p.a } else { p.b })).collect()
}
