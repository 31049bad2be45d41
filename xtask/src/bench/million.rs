//! `cargo xtask bench million`: the statements that must remain fast on a large site, at a million posts of a hundred
//! thousand users, and the cost of a post by the number of its readers.
//!
//! The cluster is deleted afterwards and does not wait for the disk; this speeds up all writes alike.

use std::{path::Path, process::Command, time::Instant};

use anyhow::{Context, Result, ensure};

use super::{
    PASSWORD,
    statements::{Facts, Hot, measure, percentile},
};
use crate::{
    devdb::{Cluster, throwaway},
    kith::{Kith, Plan},
    process, run, workspace,
};

const DATABASE: &str = "million";

/// Each page starts below another post, a few further down every time.
const HOT: [Hot; 5] = [
    Hot {
        name: "the following feed",
        part: "with heard as (",
        budget: 20.0,
        cases: &[
            ("1,000 people, newest", ":reader, 9223372036854775807 - :n, 51"),
            ("1,000 people, in the middle", ":reader, :middle - :n * 97, 51"),
            ("1,000 people, far back", ":reader, :far - :n * 11, 51"),
            ("the 1,000 who write most, newest", ":reader_of_writers, 9223372036854775807 - :n, 51"),
            ("the 1,000 who write most, in the middle", ":reader_of_writers, :middle - :n * 97, 51"),
            ("the 1,000 who write most, far back", ":reader_of_writers, :far - :n * 11, 51"),
            ("nobody but oneself, newest", ":nobody, 9223372036854775807 - :n, 51"),
        ],
    },
    Hot {
        name: "a step of searching posts",
        part: "with asked as materialized (",
        budget: SEARCH,
        cases: &[
            (
                "a common word, the newest stretch",
                "'{english}', '{bread}', '{}', '{}', '{}', :newest - :n, 12, :reader, 51",
            ),
            (
                "a common word, a middling stretch",
                "'{english}', '{bread}', '{}', '{}', '{}', :middle - :n * 97, 16, :reader, 51",
            ),
            (
                "small words, the newest stretch",
                "'{english}', '{}', '{\"''of'' <1> ''the''\"}', '{}', '{}', :newest - :n, 12, :reader, 51",
            ),
            ("one without another", "'{english}', '{bread}', '{}', '{slow}', '{}', :middle - :n * 97, 14, :reader, 51"),
            (
                "sixteen words",
                "'{english}', '{a,b,c,d,e,f,g,h,i,j,k,l,m,n,the,of}', '{}', '{}', '{}', :newest - :n, 14, :reader, 51",
            ),
            ("nobody's word, everything", "'{english}', '{zyzzyva}', '{}', '{}', '{}', :newest - :n, 24, :reader, 51"),
        ],
    },
    Hot {
        name: "people by name",
        part: "as whole,",
        budget: SEARCH,
        cases: &[
            ("a name", "'{anna}', 'anna', 300, :reader, 2147483647, 9223372036854775807, :n * 0, 21, 1000"),
            (
                "two letters, more than are looked at",
                "'{an}', 'an', 300, :reader, 2147483647, 9223372036854775807, :n * 0, 21, 1000",
            ),
            ("one letter", "'{m}', 'm', 300, :reader, 2147483647, 9223372036854775807, :n * 0, 21, 1000"),
            (
                "nobody's name",
                "'{zyzzyva}', 'zyzzyva', 300, :reader, 2147483647, 9223372036854775807, :n * 0, 21, 1000",
            ),
        ],
    },
    Hot {
        name: "people by rough spelling",
        part: "users_spelled_like(line, $2)",
        budget: SEARCH,
        cases: &[
            ("a name with two letters swapped", "'mraia', 400, :reader, 20 + :n * 0"),
            ("four letters", "'alna', 400, :reader, 4 + :n * 0"),
            ("two words", "'slow oven', 400, :reader, 4 + :n * 0"),
        ],
    },
    Hot {
        name: "tags by how they begin",
        part: "with recursive step (tag, n) as (",
        budget: SEARCH,
        cases: &[
            ("one letter", "'{b}', '', 31 + :n * 0, 300, 100"),
            ("three letters", "'{bre}', '', 31 + :n * 0, 300, 100"),
        ],
    },
];

/// The budget of a search, which may take longer than a page, in milliseconds.
const SEARCH: f64 = 50.0;

/// Readers who follow a thousand users, a star with fifty thousand followers, and a user with none. They sign in as the
/// cast does.
const PEOPLE: &str = "
    set statement_timeout = 0;
    insert into users (username, email)
    select name, name || '@kith.example'
    from unnest(array['bench_reader', 'bench_reader_of_writers', 'bench_star', 'bench_nobody']) name;
    insert into passwords (user_id, hash)
    select u.id, (select min(hash) from passwords) from users u where u.username like 'bench\\_%';
    insert into follows (follower_id, followee_id)
    select r.id, f.id from users r, (
        select id from users where username not like 'bench\\_%' order by md5(id::text) limit 1000
    ) f where r.username = 'bench_reader';
    insert into follows (follower_id, followee_id)
    select r.id, f.author_id from users r, (
        select author_id from posts where parent_id is null group by author_id order by count(*) desc, author_id limit 1000
    ) f where r.username = 'bench_reader_of_writers';
    insert into follows (follower_id, followee_id)
    select f.id, s.id from users s, (
        select id from users where username not like 'bench\\_%' order by md5('star' || id) limit 50000
    ) f where s.username = 'bench_star';";

/// The facts that the parameters of [`HOT`] name.
const FACTS: &str = "
    select substr(username, 7), id from users where username like 'bench\\_%'
    union all select 'middle', max(id) / 2 from posts union all select 'far', max(id) / 50 from posts
    union all select 'newest', max(id) + 1 from posts";

/// Seeds, measures, and fails if a figure is over its budget. With `--debug` it is quick to build, and too slow for
/// valid figures.
pub fn run(args: &[String]) -> Result<()> {
    let binary = match args {
        [flag] if flag == "--debug" => run::build_server(false)?,
        _ => run::build_for_bench()?,
    };
    let cluster = throwaway::open(None)?;
    cluster.create_database(DATABASE)?;
    seed(&binary, &cluster)?;
    let facts = facts(&cluster)?;
    let mut kept = true;
    for hot in &HOT {
        kept &= measure(&cluster, DATABASE, hot, &facts)?;
    }
    kept &= posts(&binary, &cluster)?;
    ensure!(kept, "Over the budget.");
    Ok(())
}

fn seed(binary: &Path, cluster: &Cluster) -> Result<()> {
    eprintln!("Seeding a million posts of a hundred thousand people (a minute or two).");
    let mut seed = Command::new(binary);
    seed.args(["seed", "--users", "100000", "--posts", "1000000"]).current_dir(workspace::root());
    seed.env("DATABASE_URL", cluster.url(DATABASE)).env("KITH_ORIGIN", "http://127.0.0.1:3000");
    process::run(&mut seed)?;
    process::capture(cluster.psql(DATABASE).args(["--command", PEOPLE]))?;
    process::capture(cluster.psql(DATABASE).args(["--command", "vacuum (analyze)"]))?;
    Ok(())
}

fn facts(cluster: &Cluster) -> Result<Facts> {
    let rows = process::capture(cluster.psql(DATABASE).args(["--tuples-only", "--no-align", "--command", FACTS]))?;
    Ok(rows.lines().filter_map(|row| row.split_once('|')).map(|(name, id)| (name.to_owned(), id.to_owned())).collect())
}

/// Posts of each in turns, so that a disturbance of the machine affects both.
const POSTS: usize = 150;

/// The number of posts that one user may write before the limit; then it is lifted.
const UNLIMITED: usize = 50;

/// The largest ratio of the median times of a star's post and another one: equal, except for measurement noise.
const TOLERANCE: f64 = 1.25;

/// Measures posting over HTTP, by a star and by a user without followers.
fn posts(binary: &Path, cluster: &Cluster) -> Result<bool> {
    let kith = Kith::start(&Plan {
        binary,
        database: cluster.url(DATABASE),
        dir: workspace::root().to_owned(),
        public_host: None,
        seed: false,
        elsewhere: false,
        bare: false,
        trace: false,
    })?;
    let who = ["bench_star", "bench_nobody"];
    let authors = [Author::sign_in(&kith, who[0])?, Author::sign_in(&kith, who[1])?];
    let mut took = [Vec::new(), Vec::new()];
    for n in 0..POSTS {
        if n % UNLIMITED == 0 {
            process::capture(cluster.psql(DATABASE).args(["--command", "delete from limits"]))?;
        }
        for (author, took) in authors.iter().zip(&mut took) {
            took.push(author.post(&kith, n)?);
        }
    }
    took.iter_mut().for_each(|took| took.sort_by(f64::total_cmp));
    println!("\na post over HTTP, in turns (budget: a star's takes no longer)");
    println!("{:<44} {:>8} {:>8}", "", "p50 ms", "p95 ms");
    for (name, took) in ["by somebody 50,000 people follow", "by somebody nobody follows"].iter().zip(&took) {
        println!("{name:<44} {:>8.2} {:>8.2}", percentile(took, 50), percentile(took, 95));
    }
    let ratio = percentile(&took[0], 50) / percentile(&took[1], 50);
    println!("ratio {ratio:.2}{}", if ratio > TOLERANCE { "  OVER BUDGET" } else { "" });
    Ok(ratio <= TOLERANCE)
}

/// A signed-in user, and the id that their forms hold.
struct Author {
    cookie: String,
    id: String,
}

impl Author {
    fn sign_in(kith: &Kith, who: &str) -> Result<Self> {
        let form = format!("identifier={who}&password={PASSWORD}");
        let answer = kith.connect()?.post("/sign-in", &[("origin", &kith.origin)], &form)?;
        ensure!(answer.status == 303, "{who} cannot sign in ({})", answer.status);
        let set = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
        let mut pairs = set.filter_map(|(_, value)| value.split(';').next());
        let cookie =
            pairs.find(|pair| pair.starts_with("id=")).map(str::to_owned).context("signing in set no cookie")?;
        let page = kith.connect()?.get("/posts/new", &[("cookie", &cookie)])?;
        let page = String::from_utf8_lossy(&page.body).into_owned();
        let field = page.split_once("name=\"for_user\" value=\"").and_then(|(_, rest)| rest.split_once('"'));
        let (id, _) = field.context("the form does not name its user")?;
        Ok(Self { cookie, id: id.to_owned() })
    }

    /// Returns the milliseconds from the request to the response.
    fn post(&self, kith: &Kith, n: usize) -> Result<f64> {
        let mut connection = kith.connect()?;
        let form = format!("body=Something+new%2C+number+{n}&for_user={}", self.id);
        let start = Instant::now();
        let headers = [("origin", kith.origin.as_str()), ("cookie", &self.cookie)];
        let answer = connection.post("/posts", &headers, &form)?;
        let took = start.elapsed().as_secs_f64() * 1_000.0;
        ensure!(answer.status == 303, "a post is answered {}", answer.status);
        Ok(took)
    }
}
