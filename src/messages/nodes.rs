//! The processes that share a store.

use crate::app::nodes::NodeJson;

/// All of them on one line.
pub fn summary(nodes: &[NodeJson]) -> String {
    let told: Vec<String> = nodes.iter().map(one).collect();
    format!("Nodes: {}.", told.join(", "))
}

fn one(NodeJson { name, role, gone, in_hand, .. }: &NodeJson) -> String {
    let mut about = vec![role.clone()];
    if *gone {
        about.push("gone".to_owned());
    }
    if *in_hand > 0 {
        about.push(format!("{in_hand} in hand"));
    }
    format!("{name} ({})", about.join(", "))
}
