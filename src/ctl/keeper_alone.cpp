#include "hitless/base/text.hpp"

#include "ctl/keeper_told.hpp"
#include "ctl/managed.hpp"
#include "ctl/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

/// What hitlessd tells while HAProxy doesn't answer.
namespace hitless::ctl {

void complain_of_keeper(const Context& context) {
    constexpr std::size_t most = 20;
    if (const auto file = find_config_of_absent(context.options); !file) {
        context.complain(fmt::format("what hitlessd has to say of this HAProxy can't be told: {}",
                                     file.error().message));
        return;
    }
    auto wanted = find_wanted(context.options, haproxy::Info());
    if (!wanted || keeper_of(wanted->file) == Keeper::none)
        return;
    if (const auto told = ask_keeper(context.options, wanted->file.path); told && *told)
        take_told(*wanted, **told);
    std::vector<std::string> texts;
    for (const apply::StatusNote::Trouble& trouble : wanted->status.troubles)
        texts.push_back("trouble: " + trouble.message);
    if (!wanted->no_status.empty())
        texts.push_back("trouble: " + wanted->no_status);
    for (const std::string& held : wanted->status.held)
        texts.push_back("held: " + held);
    for (const apply::SpoiltPtr& spoilt : wanted->spoilt)
        texts.push_back("left out: " + spoilt->message);
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    for (const std::string& owed : wanted->owed.in_words(now))
        texts.push_back("reload: " + owed);
    const std::size_t all = texts.size();
    texts.resize(std::min(all, most));
    for (const std::string& text : texts)
        context.complain(base::printable(text, 1'000));
    if (all > most)
        context.complain(fmt::format("and {} more", all - most));
}

} // namespace hitless::ctl
