#include "daemon/site.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace hitless::daemon {
namespace {

/// The two run the same command. One that names a file is another for each resource.
bool have_same_reload(const confd::Resource& one, const confd::Resource& other) {
    return !one.reload_cmd.empty() && one.reload_cmd == other.reload_cmd &&
           one.reload_cmd.find("{{") == std::string::npos;
}

} // namespace

void Site::add(const confd::Resource& resource, Inbox& inbox, std::function<void()> wake) {
    Member& added = members_[resource.dest];
    added.resource = &resource;
    added.inbox = &inbox;
    added.wake = std::move(wake);
}

void Site::expect_uses(std::vector<haproxy::FileUse> uses) {
    expected_ = std::move(uses);
}

Site::Member& Site::member(std::string_view dest) {
    return members_.find(dest)->second;
}

void Site::renders_configuration(std::string_view dest, const haproxy::Config& config,
                                 bool lines_differ) {
    Member& changed = member(dest);
    changed.role = Role::configuration;
    const auto before = lines_differ ? readings() : std::map<std::string, haproxy::Reading>();
    changed.config = config;
    changed.are_uses_old = changed.are_uses_old || lines_differ;
    if (!lines_differ)
        return;
    // A file that was rendered when nobody knew how HAProxy reads it.
    for (const auto& [file, reading] : readings()) {
        const auto known = before.find(file);
        if (known != before.end() && known->second == reading)
            continue;
        Member& found = member(file);
        found.inbox->changed = true;
        found.wake();
    }
}

void Site::renders_other(std::string_view dest) {
    Member& changed = member(dest);
    changed.role = Role::other;
    changed.config.reset();
    changed.uses.clear();
    changed.are_uses_old = false;
    changed.is_telling = false;
}

void Site::take_reloads(std::string_view dest, bool takes) {
    member(dest).takes_reloads = takes;
}

void Site::begin_writing(std::string_view dest) {
    member(dest).is_writing = true;
}

void Site::keeper_ended(std::string_view dest) {
    tells_haproxies(dest, false);
    member(dest).has_ended = true;
    end_writing(dest);
}

void Site::end_writing(std::string_view dest) {
    member(dest).is_writing = false;
    for (Member* const user : users_of(dest))
        user->wake();
}

void Site::has_text(std::string_view dest, SharedText text,
                    std::optional<Clock::time_point> since) {
    note_text(dest, std::move(text), true, since);
}

void Site::will_have_text(std::string_view dest, SharedText text,
                          std::optional<Clock::time_point> since) {
    note_text(dest, std::move(text), false, since);
}

void Site::note_text(std::string_view dest, SharedText text, bool is_on_disk,
                     std::optional<Clock::time_point> since) {
    Member& file = member(dest);
    const bool is_same = file.text && (file.text == text || *file.text == *text);
    if (is_same && (file.is_on_disk || !is_on_disk))
        return;
    if (!is_same)
        file.text = std::move(text);
    file.is_on_disk = is_on_disk;
    for (Member* const user : users_of(dest)) {
        user->inbox->has_live_files = true;
        if (!user->inbox->live_files_since)
            user->inbox->live_files_since = since;
        user->wake();
    }
}

bool Site::written(std::string_view dest, bool is_owed) {
    Member& written = member(dest);
    written.is_in_doubt = written.is_in_doubt || is_owed;
    const confd::Resource& file = *written.resource;
    const std::vector<Member*> users = users_of(dest);
    const bool is_one = users.size() == 1 && users.front()->takes_reloads;
    const bool is_shared = is_one && have_same_reload(*users.front()->resource, file);
    const bool is_live_file = is_one && is_live(dest, written);
    for (Member* const user : users) {
        user->inbox->used_files.push_back({file.dest, is_shared, is_live_file});
        user->wake();
    }
    return is_shared || is_live_file;
}

void Site::tells_haproxies(std::string_view configuration, bool is_telling) {
    Member& teller = member(configuration);
    if (std::exchange(teller.is_telling, is_telling) == is_telling || is_telling)
        return;
    for (auto& [dest, each] : members_) {
        if (dest != configuration && haproxy::means_file(uses_of(teller), dest))
            each.wake();
    }
}

bool Site::can_be_told_first(std::string_view dest) {
    return reading(dest) == haproxy::Reading::lines && is_live(dest, member(dest));
}

bool Site::is_being_told(std::string_view dest) {
    return std::ranges::any_of(users_of(dest), [](const Member* user) { return user->is_telling; });
}

void Site::leave_reload(std::string_view file) {
    Member& left = member(file);
    left.inbox->is_reload_left = true;
    left.wake();
}

/// Of a relative name, it can't be told which of several files HAProxy means.
std::ptrdiff_t Site::dests_meant(const haproxy::FileUse& use) const {
    return std::ranges::count_if(
        members_, [&](const auto& each) { return haproxy::means_file(use, each.first); });
}

/// One configuration uses it, and only for what commands can change.
bool Site::is_live(std::string_view dest, Member& file) {
    if (!file.resource->live || !file.text)
        return false;
    std::size_t configurations = 0;
    for (auto& [configuration, each] : members_) {
        const auto& uses = uses_of(each);
        const auto means = [&](const haproxy::FileUse& use) {
            return haproxy::means_file(use, dest);
        };
        if (configuration == dest || std::ranges::none_of(uses, means))
            continue;
        ++configurations;
        const auto is_other = [&](const haproxy::FileUse& use) {
            return means(use) && !can_be_live(use, dest, file);
        };
        if (std::ranges::any_of(uses, is_other))
            return false;
    }
    return configurations == 1;
}

/// A file of a directory of certificates comes and goes with a reload.
bool Site::can_be_live(const haproxy::FileUse& use, std::string_view dest, Member& file) const {
    return live::object_kind(use.kind) && dests_meant(use) == 1 && haproxy::names_file(use, dest) &&
           content_of(file, use.kind);
}

live::Files Site::live_files(std::string_view configuration) {
    live::Files files;
    const std::vector<haproxy::FileUse>& uses = uses_of(member(configuration));
    for (auto& [dest, file] : members_) {
        if (dest == configuration || !haproxy::means_file(uses, dest) || !is_live(dest, file))
            continue;
        for (const haproxy::FileUse& use : uses) {
            if (haproxy::means_file(use, dest))
                live::add(files, use, *content_of(file, use.kind), file.is_in_doubt,
                          file.is_on_disk);
        }
    }
    return files;
}

const std::optional<live::File>& Site::content_of(Member& file, haproxy::FileUse::Kind kind) {
    const bool is_of_kind = file.content_text && file.content_kind == kind;
    if (is_of_kind && file.content_text == file.text)
        return file.content;
    file.content = is_of_kind && file.content
                       ? live::read_file_again(kind, *file.text, *file.content, *file.content_text)
                       : live::read_file(kind, *file.text);
    file.content_text = file.text;
    file.content_kind = kind;
    return file.content;
}

void Site::note_reload(std::span<const std::string> files) {
    for (const std::string& file : files) {
        const auto found = members_.find(file);
        if (found == members_.end())
            continue;
        found->second.inbox->is_reload_noted = true;
        found->second.wake();
    }
}

Site::Role Site::role(std::string_view dest) {
    const Role own = member(dest).role;
    return own != Role::configuration && !users_of(dest).empty() ? Role::used_file : own;
}

bool Site::is_used(std::string_view dest) {
    const auto is_configuration = [](const auto& each) {
        return each.second.role == Role::configuration;
    };
    return role(dest) == Role::used_file || (std::ranges::none_of(members_, is_configuration) &&
                                             haproxy::means_file(expected_, dest));
}

haproxy::Reading Site::reading(std::string_view dest) {
    using haproxy::Reading;
    Reading found = haproxy::reading_of(expected_, dest);
    for (auto& [configuration, each] : members_) {
        if (found == Reading::lines)
            break;
        const Reading own = haproxy::reading_of(uses_of(each), dest);
        found = own == Reading::whole ? found : own;
    }
    return found;
}

std::string Site::why_not_live(std::string_view dest) {
    const auto is_of_file = [&](const haproxy::FileUse& use) {
        return live::object_kind(use.kind) && haproxy::means_file(use, dest);
    };
    const std::vector<Member*> users = users_of(dest);
    const bool is_used = std::ranges::any_of(
        users, [&](Member* user) { return std::ranges::any_of(uses_of(*user), is_of_file); });
    if (!is_used) // what was on disk when hitlessd started, or read its files again, tells more
        return users.empty() && std::ranges::any_of(expected_, is_of_file)
                   ? "no template renders now the configuration that uses the file"
                   : "";
    if (!member(dest).resource->live)
        return "its resource says live = false";
    if (users.size() > 1)
        return "several configurations use the file";
    Member& file = member(dest);
    if (!file.text)
        return "its template makes nothing that can be used";
    for (const haproxy::FileUse& use : uses_of(*users.front())) {
        if (!haproxy::means_file(use, dest) || can_be_live(use, dest, file))
            continue;
        if (!live::object_kind(use.kind))
            return "the configuration uses the file for something else, too";
        if (!haproxy::names_file(use, dest))
            return "HAProxy has the file from a directory, whose files come and go with a reload";
        if (dests_meant(use) != 1)
            return "the configuration names it so that another resource's file may be meant, too";
        return "there is no private key in it: HAProxy takes only a file that has the key, too";
    }
    return "no HAProxy of its configuration can be told";
}

bool Site::awaits_file(std::string_view configuration) {
    const auto comes = [](const Member& file) {
        return !file.has_ended && (file.is_writing || file.inbox->changed) &&
               file.role != Role::configuration;
    };
    return std::ranges::any_of(members_, [&](const auto& each) {
        return each.first != configuration && comes(each.second) &&
               haproxy::means_file(uses_of(member(configuration)), each.first);
    });
}

const std::vector<haproxy::FileUse>& Site::uses_of(Member& member) {
    if (std::exchange(member.are_uses_old, false))
        member.uses =
            haproxy::file_uses(member.config->text(), environment_, member.resource->dest);
    return member.uses;
}

/// The configurations that use the file.
std::vector<Site::Member*> Site::users_of(std::string_view dest) {
    std::vector<Member*> users;
    for (auto& [configuration, each] : members_) {
        if (configuration != dest && haproxy::means_file(uses_of(each), dest))
            users.push_back(&each);
    }
    return users;
}

/// How HAProxy reads each dest of which it matters.
std::map<std::string, haproxy::Reading> Site::readings() {
    std::map<std::string, haproxy::Reading> all;
    for (const auto& [dest, each] : members_) {
        if (const haproxy::Reading own = reading(dest); own != haproxy::Reading::whole)
            all.emplace(dest, own);
    }
    return all;
}

} // namespace hitless::daemon
