#include "gotemplate/parser.hpp"

#include <algorithm>
#include <atomic>

// What the output of a range's body depends on: its element and variables from outside, or more. A
// body takes from those within it what these depend on when they are closed.
namespace hitless::gotemplate {
namespace {

std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

} // namespace

void Parser::open_body(const Pipe& pipe) {
    Body body;
    body.first_slot = static_cast<int>(scope_.live.size());
    if (!pipe.assigns) {
        body.first_slot -= static_cast<int>(pipe.declarations.size());
        if (pipe.declarations.size() > 1)
            body.index_slot = pipe.declarations.front().variable.slot;
    }
    // Each iteration sets variables from outside.
    body.is_open = body.changes = pipe.assigns && !pipe.declarations.empty();
    scope_.bodies.push_back(std::move(body));
}

void Parser::close_body(Node& range) {
    const Body body = std::move(scope_.bodies.back());
    scope_.bodies.pop_back();
    range.changes_variables = body.changes;
    if (body.changes && !scope_.bodies.empty())
        scope_.bodies.back().changes = true;
    if (body.is_open) {
        note_more();
        return;
    }
    for (const int slot : body.outer_slots)
        note_read({slot, {}});
    range.inputs = BodyInputs{next_id(), body.outer_slots};
}

void Parser::note_read(const VariableSlot& variable) {
    if (scope_.bodies.empty())
        return;
    Body& body = scope_.bodies.back();
    if (!variable.fallbacks.empty() || variable.slot == VariableSlot::none ||
        variable.slot == body.index_slot)
        body.is_open = true;
    else if (variable.slot < body.first_slot &&
             std::ranges::find(body.outer_slots, variable.slot) == body.outer_slots.end())
        body.outer_slots.push_back(variable.slot);
}

void Parser::note_assignment(const VariableSlot& variable) {
    if (scope_.bodies.empty())
        return;
    Body& body = scope_.bodies.back();
    if (!variable.fallbacks.empty() || variable.slot < body.first_slot)
        body.is_open = body.changes = true;
}

void Parser::note_more() {
    if (!scope_.bodies.empty())
        scope_.bodies.back().is_open = true;
}

} // namespace hitless::gotemplate
