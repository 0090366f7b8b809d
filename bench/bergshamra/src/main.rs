//! The peer bergshamra: verifies the signature over the envelope of a message, by a key that is given. The parts, whose
//! references are `cid:`, are left out, as it leaves them to whoever calls it. A job is a line on standard input,
//! "bench\tfile=MESSAGE\tcert=PEM\tseconds=S"; its answer is a line of JSON.
use bergshamra::{keys::loader, verify, DsigContext, KeysManager, VerifyResult};
use std::io::BufRead;
use std::time::Instant;

const SLICE: usize = 16; // verifications that are timed together

/// The envelope is what stands between its first and its last tag in the package.
fn envelope_of(message: &str) -> Option<&str> {
    let name = message.find("Envelope")?;
    let start = message[..name].rfind('<')?;
    let end = message.rfind("Envelope>")? + "Envelope>".len();
    message.get(start..end)
}

/// What must hold: the signature, and the digests of the block of the header and the Body, at least.
fn holds(context: &DsigContext, envelope: &str) -> bool {
    match verify(context, envelope) {
        Ok(VerifyResult::Valid { references, .. }) => {
            references.iter().filter(|r| r.digest_verified).count() >= 2
        }
        _ => false,
    }
}

fn bench(job: &str) -> Option<String> {
    let value = |name: &str| {
        job.split('\t')
            .find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
    };
    let message = String::from_utf8_lossy(&std::fs::read(value("file")?).ok()?).into_owned();
    let envelope = envelope_of(&message)?;
    let mut keys = KeysManager::new();
    keys.add_key(loader::load_x509_cert_pem(&std::fs::read(value("cert")?).ok()?).ok()?);
    let mut context = DsigContext::new(keys)
        .with_strict_verification(false) // what is signed stands elsewhere in the envelope
        .with_require_reference_digests(false);
    context.add_id_attr("wsu:Id");
    let altered = envelope.replacen("UserMessage", "UserMessagE", 2);
    if !holds(&context, envelope) || holds(&context, &altered) {
        return None; // it verifies nothing
    }
    let seconds: f64 = value("seconds")?.parse().ok()?;
    let (began, mut slices) = (Instant::now(), Vec::new());
    while slices.is_empty() || began.elapsed().as_secs_f64() < seconds {
        let slice = Instant::now();
        for _ in 0..SLICE {
            if !holds(&context, envelope) {
                return None;
            }
        }
        slices.push(slice.elapsed().as_secs_f64() * 1e6 / SLICE as f64);
    }
    slices.sort_by(f64::total_cmp);
    let at = |part: f64| slices[(part * (slices.len() - 1) as f64) as usize];
    let mean = slices.iter().sum::<f64>() / slices.len() as f64;
    Some(format!(
        "{{\"ops_per_s\":{:.1},\"p50_us\":{:.3},\"p99_us\":{:.3},\"min_us\":{:.3}}}",
        1e6 / mean,
        at(0.5),
        at(0.99),
        at(0.0)
    ))
}

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        println!(
            "{}",
            bench(&line).unwrap_or_else(|| "{\"error\":\"the signature doesn't verify\"}".into())
        );
    }
}
