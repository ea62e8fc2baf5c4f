#include "hitless/base/text.hpp"
#include "hitless/haproxy/command.hpp"
#include "hitless/plan/slots.hpp"

#include "ctl/top_model.hpp"

#include <fmt/format.h>

#include <cctype>
#include <utility>

/// What each key does.
namespace hitless::ctl {
namespace {

using KeyKind = TopKey::Kind;

constexpr std::size_t longest_filter = 200;
constexpr int highest_weight = 256;

bool is_graphic(TopKey key) {
    return key.kind == KeyKind::character &&
           std::isprint(static_cast<unsigned char>(key.letter)) != 0;
}

} // namespace

TopAction TopModel::press_in_list(TopKey key) {
    if (move(key.kind))
        return {};
    switch (key.kind) {
    case KeyKind::left:
        fold(true);
        return {};
    case KeyKind::right:
        fold(false);
        return {};
    case KeyKind::enter:
        return press_letter(' ');
    case KeyKind::escape:
        choice_.filter.clear();
        rebuild();
        return {};
    case KeyKind::character:
        return press_letter(key.letter);
    default:
        return {};
    }
}

bool TopModel::move(TopKey::Kind kind) {
    switch (kind) {
    case KeyKind::up:
        select(selected_ > 0 ? selected_ - 1 : 0);
        return true;
    case KeyKind::down:
        select(selected_ + 1);
        return true;
    case KeyKind::page_up:
        select(selected_ > page_ ? selected_ - page_ : 0);
        return true;
    case KeyKind::page_down:
        select(selected_ + page_);
        return true;
    case KeyKind::home:
        select(0);
        return true;
    case KeyKind::end:
        select(rows_.size());
        return true;
    default:
        return false;
    }
}

TopAction TopModel::press_letter(char letter) {
    switch (letter) {
    case 'q':
        return {TopAction::Kind::quit, {}, {}, {}, false};
    case '?':
    case 'h':
        mode_ = Mode::help;
        break;
    case 'j':
        move(KeyKind::down);
        break;
    case 'k':
        move(KeyKind::up);
        break;
    case 'g':
        move(KeyKind::home);
        break;
    case 'G':
        move(KeyKind::end);
        break;
    case ' ':
        if (const TopEntry* const entry = selection(); entry != nullptr)
            fold(!choice_.folded.contains(entry->backend));
        break;
    case '-':
        fold_all(true);
        break;
    case '+':
    case '=':
        fold_all(false);
        break;
    case 's':
    case '>':
        sort_by(1);
        break;
    case 'S':
    case '<':
        sort_by(-1);
        break;
    case 'R':
        choice_.reversed = !choice_.reversed;
        rebuild();
        break;
    case 'p':
        choice_.only_problems = !choice_.only_problems;
        rebuild();
        break;
    case '/':
        filter_before_ = std::exchange(choice_.filter, {});
        mode_ = Mode::filter;
        rebuild();
        break;
    case 'd':
        ask_for("drain");
        break;
    case 'r':
        ask_for("ready");
        pending_.lifts_hold = true;
        break;
    case 'm':
        ask_for_maint();
        break;
    case 'w':
        if (has_server()) {
            typed_.clear();
            mode_ = Mode::weight;
        }
        break;
    default:
        tell("no such key; ? shows those there are");
    }
    return {};
}

void TopModel::fold(bool folded) {
    const TopEntry* const entry = selection();
    if (entry == nullptr)
        return;
    if (folded)
        choice_.folded.insert(entry->backend);
    else
        choice_.folded.erase(entry->backend);
    rebuild();
}

void TopModel::fold_all(bool folded) {
    choice_.folded.clear();
    if (folded && sample_) {
        for (const TopEntry& entry : sample_->entries)
            choice_.folded.insert(entry.backend);
    }
    rebuild();
}

void TopModel::sort_by(int step) {
    const int column = (static_cast<int>(choice_.sort) + step + top_columns) % top_columns;
    choice_.sort = static_cast<TopColumn>(column);
    rebuild();
}

/// Readies the question about the selected server.
bool TopModel::has_server() {
    const TopEntry* const entry = selection();
    if (entry == nullptr || entry->is_backend()) {
        tell("select a server first", true);
        return false;
    }
    if (!trouble_.empty()) {
        tell("HAProxy can't be reached", true);
        return false;
    }
    pending_ = {TopAction::Kind::change, entry->backend, entry->server, {}, false};
    return true;
}

void TopModel::ask_for(const char* state) {
    if (has_server())
        ask(state, haproxy::command::set_state(pending_.backend, pending_.server, state));
}

/// A spare server (-slots) in maintenance counts as free: nobody could tell any more in whose place
/// it was.
void TopModel::ask_for_maint() {
    const TopEntry* const entry = selection();
    const bool is_in_use = entry != nullptr && plan::is_slot(entry->server) &&
                           entry->state.find("maint") == std::string::npos;
    if (!is_in_use)
        ask_for("maint");
    else if (has_server())
        ask("a spare server in maintenance would count as free; drain",
            haproxy::command::set_state(pending_.backend, pending_.server, "drain"));
}

void TopModel::ask(std::string question, std::string command) {
    pending_.command = std::move(command);
    tell(fmt::format("{} {}/{}? y/n", question, base::printable(pending_.backend),
                     base::printable(pending_.server)));
    mode_ = Mode::confirm;
}

TopAction TopModel::press_at_question(TopKey key) {
    const bool yes = key.kind == KeyKind::character && (key.letter == 'y' || key.letter == 'Y');
    const bool no = key.kind == KeyKind::escape || key.kind == KeyKind::enter ||
                    (key.kind == KeyKind::character &&
                     (key.letter == 'n' || key.letter == 'N' || key.letter == 'q'));
    if (!yes && !no)
        return {};
    mode_ = Mode::list;
    tell(yes ? "sent: " + base::printable(pending_.command) : "nothing changed");
    return yes ? std::exchange(pending_, {}) : TopAction();
}

void TopModel::press_in_filter(TopKey key) {
    if (key.kind == KeyKind::enter) {
        mode_ = Mode::list;
        return;
    }
    if (key.kind == KeyKind::escape) {
        choice_.filter = filter_before_;
        mode_ = Mode::list;
    } else if (key.kind == KeyKind::backspace) {
        if (choice_.filter.empty())
            mode_ = Mode::list;
        else
            choice_.filter.pop_back();
    } else if (is_graphic(key) && choice_.filter.size() < longest_filter) {
        choice_.filter += key.letter;
    } else {
        move(key.kind);
        return;
    }
    rebuild();
}

void TopModel::press_in_weight(TopKey key) {
    if (key.kind == KeyKind::escape) {
        mode_ = Mode::list;
        tell("nothing changed");
    } else if (key.kind == KeyKind::backspace) {
        if (!typed_.empty())
            typed_.pop_back();
    } else if (is_graphic(key) && std::isdigit(static_cast<unsigned char>(key.letter)) != 0 &&
               typed_.size() < 3) {
        typed_ += key.letter;
    } else if (key.kind == KeyKind::enter && !typed_.empty()) {
        const int weight = std::stoi(typed_);
        mode_ = Mode::list;
        if (weight > highest_weight)
            tell(fmt::format("a weight is at most {}", highest_weight), true);
        else
            ask(fmt::format("weight {} for", weight),
                haproxy::command::set_weight(pending_.backend, pending_.server, weight));
    }
}

} // namespace hitless::ctl
