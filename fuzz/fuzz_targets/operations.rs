#![no_main]

use libfuzzer_sys::fuzz_target;
use oci_genai_edge_fuzz::targets::target;

fuzz_target!(|input: &[u8]| (target("operations").check)(input));
