//! A canary's buckets agree with published and computed vectors, and rollouts behave as specified.

mod buckets;
mod distribution;
mod other_programs;
mod rollout;

use codeid_engine::{Bucket, OpenId};

fn bucket(group: &str, open_id: &str) -> u16 {
    let open_id = OpenId::new(open_id).expect("the vectors hold openIds of allowed lengths");
    Bucket::new(group, open_id).get()
}
