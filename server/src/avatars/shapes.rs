//! The shape families. Each draws on a 96 × 96 ground with two more colours and leaves the middle calm enough for a
//! letter. Nothing is transparent: below the letter is always one of the three colours, so the contrast can be checked.

use super::{dice::Dice, drawn::Palette};

type Family = fn(&mut Dice, &Palette) -> String;

const FAMILIES: [Family; 14] =
    [hills, peaks, waves, petals, quarters, stripes, arcs, orbit, blob, discs, rays, dots, moon, leaves];

/// Draws one composition.
pub(super) fn draw(dice: &mut Dice, p: &Palette) -> String {
    let family = FAMILIES[dice.below(FAMILIES.len() as u64) as usize];
    family(dice, p)
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

fn turned(degrees: i32, inner: &str) -> String {
    format!(r#"<g transform="rotate({degrees} 48 48)">{inner}</g>"#)
}

fn side(dice: &mut Dice) -> i32 {
    if dice.percent(50) { 1 } else { -1 }
}

fn hills(dice: &mut Dice, p: &Palette) -> String {
    let s = side(dice);
    let sun = circle(48 - s * dice.between(14, 26), dice.between(20, 32), dice.between(9, 15), p.b);
    let far = circle(48 + s * dice.between(18, 34), 96 + dice.between(0, 12), dice.between(48, 58), p.a);
    let near = circle(48 - s * dice.between(22, 40), 104 + dice.between(0, 14), dice.between(44, 54), p.b);
    format!("{sun}{far}{near}")
}

fn peaks(dice: &mut Dice, p: &Palette) -> String {
    let s = side(dice);
    let (x1, y1) = (48 - s * dice.between(12, 28), dice.between(18, 34));
    let (x2, y2) = (48 + s * dice.between(14, 34), dice.between(38, 56));
    let far = path(&format!("M{x1} {y1}L{} 96H{}z", x1 + 70, x1 - 70), p.a);
    let near = path(&format!("M{x2} {y2}L{} 96H{}z", x2 + 56, x2 - 56), p.b);
    let moon = circle(48 + s * dice.between(16, 28), dice.between(16, 26), dice.between(6, 10), p.b);
    format!("{moon}{far}{near}")
}

fn waves(dice: &mut Dice, p: &Palette) -> String {
    let (h, y) = (dice.between(8, 20), dice.between(26, 44));
    let step = dice.between(24, 40);
    let wave = |x: i32, y: i32, h: i32| {
        format!("M{x} {y}q{} {} {step} 0t{step} 0 {step} 0 {step} 0 {step} 0V160H{x}z", step / 2, -h)
    };
    let first = path(&wave(-40, y, h), p.a);
    let second = path(&wave(-40 + dice.between(-20, 10), y + dice.between(22, 30), h), p.b);
    turned(dice.between(-6, 6) * 15, &format!("{first}{second}"))
}

fn petals(dice: &mut Dice, p: &Palette) -> String {
    let n = dice.between(5, 9);
    let turn = dice.between(0, 5) * 12;
    let reach = dice.between(32, 40);
    let mut d = String::new();
    for i in 0..n {
        let (x, y) = around(48, 48, reach, turn + i * 360 / n);
        d += &format!("M48 48L{x} {y}");
    }
    let width = 150 / n;
    let heart = circle(48, 48, dice.between(22, 28), p.b);
    format!(r#"<path stroke="{}" stroke-width="{width}" stroke-linecap="round" d="{d}"/>{heart}"#, p.a)
}

fn quarters(dice: &mut Dice, p: &Palette) -> String {
    let mut out = String::new();
    for (x, y) in [(0, 0), (48, 0), (0, 48), (48, 48)] {
        let d = match dice.below(4) {
            0 => format!("M{x} {y}h48a48 48 0 0 1-48 48z"),
            1 => format!("M{} {y}v48a48 48 0 0 1-48-48z", x + 48),
            2 => format!("M{} {}h-48a48 48 0 0 1 48-48z", x + 48, y + 48),
            _ => format!("M{x} {}v-48a48 48 0 0 1 48 48z", y + 48),
        };
        out += &path(&d, if (x + y) % 96 == 0 { p.a } else { p.b });
    }
    out
}

fn stripes(dice: &mut Dice, p: &Palette) -> String {
    let wide = dice.between(7, 15);
    let gap = wide + dice.between(8, 16);
    let y = dice.between(0, 14) - 10;
    let bars = |from: i32| (0..3).map(|i| format!("M-40 {}h180", from + i * gap * 2)).collect::<String>();
    let (first, second) = (bars(y), bars(y + gap));
    let inner = format!(
        r#"<g stroke-width="{wide}"><path stroke="{}" d="{first}"/><path stroke="{}" d="{second}"/></g>"#,
        p.a, p.b
    );
    turned(dice.between(-5, 6) * 15, &inner)
}

fn arcs(dice: &mut Dice, p: &Palette) -> String {
    let (x, y) = around(48, 48, dice.between(34, 62), dice.between(0, 23) * 15);
    let step = dice.between(14, 20);
    let r = dice.between(70, 84);
    [p.a, p.b, p.ground, p.a].iter().enumerate().map(|(i, c)| circle(x, y, r - step * i as i32, c)).collect()
}

fn orbit(dice: &mut Dice, p: &Palette) -> String {
    let (outer, inner) = (dice.between(36, 41), dice.between(24, 29));
    let ring = |r: i32, c: super::colour::Rgb| {
        format!(r#"<circle cx="48" cy="48" r="{r}" fill="none" stroke="{c}" stroke-width="3"/>"#)
    };
    let mut out = ring(outer, p.a) + &ring(inner, p.b);
    let turn = dice.between(0, 23) * 15;
    for i in 0..dice.between(2, 4) {
        let (x, y) = around(48, 48, outer, turn + i * dice.between(60, 120));
        out += &circle(x, y, dice.between(5, 9), p.b);
    }
    let (x, y) = around(48, 48, inner, turn + dice.between(0, 359));
    out + &circle(x, y, dice.between(5, 8), p.a) + &circle(48, 48, 19, p.a)
}

fn blob(dice: &mut Dice, p: &Palette) -> String {
    let n = dice.between(5, 7);
    let turn = dice.between(0, 71) * 5;
    let points: Vec<_> = (0..n).map(|i| around(48, 48, dice.between(26, 50), turn + i * 360 / n)).collect();
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
    let (x, y) = around(48, 48, dice.between(36, 44), dice.between(0, 23) * 15);
    path(&(d + "z"), p.a) + &circle(x, y, dice.between(7, 16), p.b)
}

fn discs(dice: &mut Dice, p: &Palette) -> String {
    let turn = dice.between(0, 23) * 15;
    let (x1, y1) = around(48, 48, dice.between(20, 34), turn);
    let (x2, y2) = around(48, 48, dice.between(20, 36), turn + dice.between(120, 200));
    circle(x1, y1, dice.between(30, 42), p.a) + &circle(x2, y2, dice.between(22, 36), p.b)
}

fn rays(dice: &mut Dice, p: &Palette) -> String {
    let (x, y) = around(48, 48, dice.between(0, 50), dice.between(0, 23) * 15);
    let n = dice.between(7, 11);
    let turn = dice.between(0, 9) * 4;
    let mut d = String::new();
    for i in 0..n {
        let (x1, y1) = around(x, y, 110, turn + i * 360 / n);
        let (x2, y2) = around(x, y, 110, turn + i * 360 / n + 180 / n);
        d += &format!("M{x} {y}L{x1} {y1} {x2} {y2}z");
    }
    path(&d, p.a) + &circle(x, y, dice.between(18, 30), p.b)
}

fn dots(dice: &mut Dice, p: &Palette) -> String {
    let gap = dice.between(17, 24);
    let wide = dice.between(8, 13);
    let row = |shift: i32, y: i32| (0..6).map(|i| format!("M{} {y}h0", shift + i * gap)).collect::<String>();
    let mut odd = String::new();
    let mut even = String::new();
    for i in 0..3 {
        odd += &row(-10, -4 + 2 * i * gap);
        even += &row(-10 + gap / 2, -4 + (2 * i + 1) * gap);
    }
    let dots = format!(r#"<path stroke="{}" d="{odd}"/><path stroke="{}" d="{even}"/>"#, p.a, p.b);
    let inner = format!(r#"<g stroke-width="{wide}" stroke-linecap="round">{dots}</g>"#);
    turned(dice.between(0, 5) * 15, &inner)
}

fn moon(dice: &mut Dice, p: &Palette) -> String {
    let turn = dice.between(0, 23) * 15;
    let (x, y) = around(48, 48, dice.between(10, 18), turn);
    let mut out = circle(48, 48, dice.between(38, 43), p.a) + &circle(x, y, dice.between(30, 34), p.ground);
    for i in 0..3 {
        let (x, y) = around(48, 48, dice.between(24, 44), turn + (i - 1) * dice.between(24, 50));
        out += &circle(x, y, dice.between(2, 5), p.b);
    }
    out
}

fn leaves(dice: &mut Dice, p: &Palette) -> String {
    let turn = dice.between(0, 11) * 30;
    let leaf = |at: i32, reach: i32, fill: super::colour::Rgb| {
        let d = format!(
            "M48 52a{r} {r} 0 0 1 {reach} {up}a{r} {r} 0 0 1-{reach} {down}z",
            r = reach,
            up = -reach,
            down = reach
        );
        format!(r#"<path transform="rotate({at} 48 52)" fill="{fill}" d="{d}"/>"#)
    };
    let n = dice.between(3, 5);
    (0..n).map(|i| leaf(turn + i * 360 / n, dice.between(34, 44), if i % 2 == 0 { p.a } else { p.b })).collect()
}
