#include "daemon/names_in_file.hpp"

#include "hitless/haproxy/check_output.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <utility>
#include <vector>

namespace hitless::daemon {
namespace {

constexpr const char* topic = "names";
constexpr std::size_t most_told = 5;
/// After such a time, that a name has no address is news.
constexpr std::chrono::minutes soon{10};

confd::Question question_of(const plan::UnresolvedServer& server) {
    return {confd::Question::Kind::addresses, server.name};
}

struct Refused {
    int line = 0;
    plan::ServerId server;
    std::string name;
};

/// The servers of `config` that HAProxy's check has refused for their names.
std::vector<Refused> refused_names(const haproxy::Config& config,
                                   const std::map<int, std::string>& lines) {
    std::vector<Refused> refused;
    for (const haproxy::Section& section : config.sections()) {
        for (const haproxy::ServerLine& line : section.servers) {
            const auto found = lines.find(line.number);
            if (found == lines.end())
                continue;
            Refused one{line.number,
                        {std::string(section.name), std::string(line.name)},
                        std::string(haproxy::unresolved_name(found->second))};
            if (!one.name.empty() && plan::has_name(config, one.server, one.name))
                refused.push_back(std::move(one));
        }
    }
    return refused;
}

} // namespace

NamesInFile::NamesInFile(const boost::asio::any_io_executor& executor, KeptResource& kept,
                         AddressOf address_of, std::function<void()> on_change)
    : kept_(kept),
      complaints_(kept.status, apply::file_trouble),
      address_of_(std::move(address_of)),
      on_change_(std::move(on_change)),
      lookups_(executor, kept.resolver,
               {.longest_pause = kept.options.resync, .renewal = kept.options.resync},
               [this](const confd::Question&) { forget_resolved(false); }) {}

bool NamesInFile::note_refused(const haproxy::Config& config, std::map<int, std::string>& lines) {
    const std::vector<Refused> refused = refused_names(config, lines);
    if (!refused.empty() && sources_of_)
        sources_ = sources_of_();
    for (const Refused& one : refused) {
        const bool has_place = plan::takes_address(config, one.server, one.name);
        if (!has_place)
            without_place_.insert(one.server);
        servers_.insert_or_assign(
            one.server,
            plan::UnresolvedServer{one.name, has_place ? address_of_(one.server) : std::string()});
        Refusals& before = refusals_[one.server];
        const auto now = Clock::now();
        before.count = before.last + soon < now ? 1 : before.count + 1;
        before.last = now;
        (void)lookups_.find({confd::Question::Kind::addresses, one.name});
        lines.erase(one.line);
    }
    if (!refused.empty())
        tell();
    return !refused.empty();
}

void NamesInFile::keep_wanted(const haproxy::Config& wanted) {
    const std::size_t gone = std::erase_if(servers_, [&](const auto& server) {
        return !plan::has_name(wanted, server.first, server.second.name);
    });
    std::erase_if(refusals_,
                  [](const auto& each) { return each.second.last + soon < Clock::now(); });
    const auto is_gone = [&](const plan::ServerId& server) { return !servers_.contains(server); };
    std::erase_if(without_place_, is_gone);
    if (gone != 0)
        tell();
}

void NamesInFile::find_addresses() {
    bool is_any_found = false;
    for (auto& [id, server] : servers_) {
        if (!server.address.empty() || without_place_.contains(id))
            continue;
        server.address = address_of_(id);
        is_any_found = is_any_found || !server.address.empty();
    }
    if (is_any_found)
        tell();
}

void NamesInFile::look_up_again() {
    forget_resolved(true);
    std::set<confd::Question> questions;
    for (const auto& [id, server] : servers_)
        questions.insert(question_of(server));
    lookups_.keep_only(questions);
    lookups_.renew();
}

/// HAProxy's check may find no address where we do: `ipv6@` before the name, a check in another
/// container. So one that was refused again is tried only when all is looked up again: each try is
/// a check_cmd, for which all other changes of the file wait.
void NamesInFile::forget_resolved(bool is_due) {
    const std::size_t gone = std::erase_if(servers_, [&](const auto& server) {
        const confd::Answer* const answer = lookups_.find(question_of(server.second));
        const bool may_be_tried = is_due || refusals_[server.first].count <= 1;
        return may_be_tried && answer != nullptr && !answer->addresses.empty();
    });
    if (gone == 0)
        return;
    tell();
    on_change_();
}

void NamesInFile::tell() {
    const std::string& dest = kept_.resource.dest;
    if (servers_.empty()) {
        complaints_.settle(topic, fmt::format("{} gets the lines of all its servers again, with "
                                              "their names",
                                              dest));
        return;
    }
    std::vector<std::string> told;
    for (const auto& [id, server] : servers_) {
        if (told.size() == most_told) {
            told.push_back(fmt::format("{} more", servers_.size() - most_told));
            break;
        }
        const std::string meanwhile =
            server.address.empty() ? "is left out" : "has " + server.address + " there";
        const auto source = sources_.find(id);
        told.push_back(fmt::format("{}/{} ({}{}) {}", id.backend, id.server, server.name,
                                   source == sources_.end() ? "" : ", from " + source->second,
                                   meanwhile));
    }
    complaints_.raise(
        topic, fmt::format("HAProxy could not be started with the names of these servers, since "
                           "they have no address now, so {} does without the names: {}. The names "
                           "are looked up again; HAProxy keeps the servers that it runs",
                           dest, fmt::join(told, ", ")));
}

} // namespace hitless::daemon
