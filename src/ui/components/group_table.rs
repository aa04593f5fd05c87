//! The directory's groups, one a row.

use leptos::prelude::*;

use super::{
    badge::Tag,
    icon::Glyph,
    when::{Exact, When},
};
use crate::{
    model::directory_group::{DirectoryGroup, RemovedGroup, RemovedReason},
    ui::words,
};

#[component]
pub fn GroupTable(groups: Vec<DirectoryGroup>) -> impl IntoView {
    view! {
        <table role="table" class="runs groups">
            <caption class="sr-only">"Groups of the directory, by name"</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col" class="cell-group">"Name"</th>
                    <th role="columnheader" scope="col" class="cell-kind">"Kind"</th>
                    <th role="columnheader" scope="col" class="cell-members">"Members"</th>
                    <th role="columnheader" scope="col" class="cell-changed">"Last change"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{groups.into_iter().map(|group| view! { <Row group/> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn Row(group: DirectoryGroup) -> impl IntoView {
    let DirectoryGroup {
        id,
        name,
        description,
        kind,
        dynamic,
        membership_rule,
        member_count,
        last_changed_at,
        removed,
    } = group;
    let gone = removed.is_some();
    let changed = removed.as_ref().map_or(last_changed_at, |removed| removed.at);
    let members = match gone {
        true => "\u{2013}".to_owned(),
        false => words::number(u64::try_from(member_count).unwrap_or_default()),
    };
    // A group's description often only repeats its name.
    let description = description.filter(|text| text.trim_end_matches('.') != name);
    let title = if name.is_empty() { id.clone() } else { name };
    view! {
        <tr role="row" class="run" class:group-gone=gone>
            <td role="cell" class="cell-group">
                <span class="group-name" title=id>{title}</span>
                {removed
                    .as_ref()
                    .map(|removed| view! { <Tag glyph=Glyph::CircleSlash text="Removed" title=why(removed)/> })}
                {removed.map(|removed| view! { <p class="group-note">{references(&removed)}</p> })}
                {description.map(|text| view! { <p class="group-note">{text}</p> })}
                {membership_rule.map(|rule| view! { <code class="group-rule">{rule}</code> })}
            </td>
            <td role="cell" class="cell-kind">
                {kind.label()} " "
                {dynamic.then(|| view! { <Tag text="Dynamic" title="A rule decides who is in it"/> })}
            </td>
            <td role="cell" class="cell-members"><span class="card-label">"Members: "</span>{members}</td>
            <td role="cell" class="cell-changed"><When at=changed exact=Exact::Minute/></td>
        </tr>
    }
}

fn why(removed: &RemovedGroup) -> &'static str {
    match removed.reason {
        Some(RemovedReason::Changed) => "Deleted in the directory, where it can still be restored",
        Some(RemovedReason::Deleted) => "Deleted in the directory for good",
        None => "Not in the directory any more",
    }
}

fn references(removed: &RemovedGroup) -> String {
    match removed.policies {
        ..=0 => "No policy is assigned to it any more.".to_owned(),
        1 => "1 policy is still assigned to it.".to_owned(),
        many => format!("{} policies are still assigned to it.", words::number(many.unsigned_abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_group_says_what_still_points_to_it() {
        let removed = |policies| RemovedGroup { at: chrono::DateTime::UNIX_EPOCH, reason: None, policies };
        assert_eq!(references(&removed(0)), "No policy is assigned to it any more.");
        assert_eq!(references(&removed(1)), "1 policy is still assigned to it.");
        assert_eq!(references(&removed(2000)), "2,000 policies are still assigned to it.");
    }
}
