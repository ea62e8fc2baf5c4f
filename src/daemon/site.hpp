#pragma once

#include "hitless/confd/resource.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/environment.hpp"
#include "hitless/haproxy/uses.hpp"
#include "hitless/live/files.hpp"

#include "daemon/inbox.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::daemon {

/// What the template resources of one reading of the confdir are to each other: which render
/// HAProxy's configuration, which render files that such a configuration uses (maps,
/// certificates…), and which neither. Their keepers tell what they render, and ask here. Resources
/// are named by their dests. Has no file and no clock.
class Site {
  public:
    using Clock = std::chrono::steady_clock;
    /// The text of a file, never nullptr. It may be large.
    using SharedText = std::shared_ptr<const std::string>;

    enum class Role {
        unknown, ///< nothing has been rendered yet
        configuration,
        used_file, ///< some configuration of this site has HAProxy read it
        other,
    };

    explicit Site(haproxy::Environment environment) : environment_(std::move(environment)) {}

    /// Before anything is rendered: `inbox` is that of its keeper, who waits until `wake` is
    /// called. Both must outlive this.
    void add(const confd::Resource& resource, Inbox& inbox, std::function<void()> wake);
    /// Files to which values may not bring everything (haproxy::Reading), as far as that is known
    /// before anything is rendered.
    void expect_uses(std::vector<haproxy::FileUse> uses);

    // What keepers tell

    /// The resource renders this configuration. `lines_differ`: from the last time by more than
    /// lines of servers; the files that only such a line names are found when other lines differ,
    /// so that a change of servers costs nothing here.
    void renders_configuration(std::string_view dest, const haproxy::Config& config,
                               bool lines_differ);
    /// It renders something else.
    void renders_other(std::string_view dest);
    /// The keeper of a configuration takes care of reloads for files that it uses, from now on; or
    /// not any more.
    void take_reloads(std::string_view dest, bool takes);
    /// The keeper of a file has begun to bring it to disk; or has ended that, in whatever way.
    void begin_writing(std::string_view dest);
    void end_writing(std::string_view dest);
    /// Nobody keeps it any more: what the keys make of it isn't waited for.
    void keeper_ended(std::string_view dest);
    /// The file is on disk with this text; or would be, with -noop. `since`: when the change was
    /// received, if the HAProxies weren't told of it before.
    void has_text(std::string_view dest, SharedText text, std::optional<Clock::time_point> since);
    /// The file is about to be written with this text: the HAProxies are told already. To be
    /// followed by has_text(), with the text that is on disk then.
    void will_have_text(std::string_view dest, SharedText text,
                        std::optional<Clock::time_point> since);
    /// The file has been written. True: the keeper of the one configuration that uses it sees to
    /// it: it tells the HAProxies, or reloads them if that has the same reload_cmd. Tells the
    /// keepers of those that use it. `is_owed`: by an earlier run, which may have ended before
    /// HAProxy was told.
    bool written(std::string_view dest, bool is_owed = false);
    /// The keeper of a configuration has on disk that it owes a reload for these files; or has told
    /// the HAProxies.
    void note_reload(std::span<const std::string> files);
    /// It is telling the HAProxies what is in its files; or has done so.
    void tells_haproxies(std::string_view configuration, bool is_telling);
    /// It can't tell the HAProxies, and leaves the reload to the keeper of the file.
    void leave_reload(std::string_view file);

    // What is known

    /// A configuration uses the file: one that is rendered or, while none can be, one on disk.
    [[nodiscard]] bool is_used(std::string_view dest);
    [[nodiscard]] Role role(std::string_view dest);
    /// How HAProxy reads the file.
    [[nodiscard]] haproxy::Reading reading(std::string_view dest);
    /// Why a change of the file, one that commands can change, isn't brought about live; empty: it
    /// is, or it is no such file.
    [[nodiscard]] std::string why_not_live(std::string_view dest);
    /// HAProxies can be told what a map file or an ACL file is to have before it is on disk.
    [[nodiscard]] bool can_be_told_first(std::string_view dest);
    /// HAProxies are being told what is in the file.
    [[nodiscard]] bool is_being_told(std::string_view dest);
    /// A file that the configuration uses is about to be written.
    [[nodiscard]] bool awaits_file(std::string_view configuration);
    /// What the configuration uses and HAProxy can have without a reload.
    [[nodiscard]] live::Files live_files(std::string_view configuration);

  private:
    struct Member {
        const confd::Resource* resource = nullptr;
        Inbox* inbox = nullptr;
        std::function<void()> wake;
        Role role = Role::unknown; ///< unknown, configuration or other
        bool takes_reloads = false;
        bool is_writing = false;
        bool is_telling = false; ///< of a configuration: its HAProxies, what is in its files
        bool has_ended = false;  ///< nobody keeps it any more
        std::optional<haproxy::Config> config; ///< of a configuration
        bool are_uses_old = false;             ///< `uses` are of an older one
        std::vector<haproxy::FileUse> uses;
        SharedText text;                   ///< of a file; nullptr: it isn't known
        bool is_on_disk = false;           ///< see live::File
        bool is_in_doubt = false;          ///< the same
        std::optional<live::File> content; ///< that is in `content_text`, read as of `content_kind`
        SharedText content_text;           ///< nullptr: nobody has asked
        haproxy::FileUse::Kind content_kind = haproxy::FileUse::Kind::other;
    };

    [[nodiscard]] Member& member(std::string_view dest);
    [[nodiscard]] const std::vector<haproxy::FileUse>& uses_of(Member& member);
    [[nodiscard]] std::vector<Member*> users_of(std::string_view dest);
    [[nodiscard]] std::map<std::string, haproxy::Reading> readings();
    [[nodiscard]] std::ptrdiff_t dests_meant(const haproxy::FileUse& use) const;
    [[nodiscard]] bool is_live(std::string_view dest, Member& file);
    [[nodiscard]] bool can_be_live(const haproxy::FileUse& use, std::string_view dest,
                                   Member& file) const;
    void note_text(std::string_view dest, SharedText text, bool is_on_disk,
                   std::optional<Clock::time_point> since);
    static const std::optional<live::File>& content_of(Member& file, haproxy::FileUse::Kind kind);

    haproxy::Environment environment_;
    std::vector<haproxy::FileUse> expected_; ///< see expect_uses()
    std::map<std::string, Member, std::less<>> members_;
};

} // namespace hitless::daemon
