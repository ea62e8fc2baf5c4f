#pragma once

#include "hitless/apply/holds.hpp"
#include "hitless/apply/live_note.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/server_index.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace hitless::ctl {

/// What a running server is there for, where its name doesn't say it.
struct Role {
    enum class Kind {
        own,      ///< nothing else than its name says
        spare,    ///< a free one of hitlessd's spare servers (-slots)
        slot,     ///< a spare server in the place of another one, if it is known of which
        stand_in, ///< for one that is on its way to other options
        leaving,  ///< hitlessd takes it out, and waits for its last connections
    };
    Kind kind = Kind::own;
    std::string serves = {}; ///< of a slot or a stand-in: the server in whose place it is

    std::string held = {}; ///< by hand: "drain until 14:05 UTC"; empty: not

    /// "slot for web9", "slot in use", "stands in for web1", "leaving", "spare", "held: drain until
    /// 14:05 UTC"; empty for its own.
    [[nodiscard]] std::string text() const;
};

/// The roles of running servers, as far as HAProxy and its file tell them. Pure.
class Roles {
  public:
    /// `file` must outlive this. `holds`: in the order of read_holds(). `managed`: hitlessd keeps
    /// the file and HAProxy in step, so that what is in maintenance and not in the file is on its
    /// way out. `noted`: what hitlessd has noted of this process, which counts more than the file:
    /// that may be behind.
    Roles(haproxy::Running running, const haproxy::Config& file, bool managed,
          std::vector<apply::ManualHold> holds = {}, apply::LivePlaces noted = {});

    [[nodiscard]] Role of(std::string_view backend, std::string_view server) const;

    /// The name under which HAProxy has a server of the file: its own, or that of the spare one in
    /// its place.
    [[nodiscard]] std::string running_name(std::string_view backend, std::string_view server) const;

  private:
    [[nodiscard]] Role find(std::string_view backend, std::string_view server) const;
    [[nodiscard]] bool is_noted_as_leaving(const plan::ServerId& server) const;

    haproxy::Running running_;
    plan::ServerIndex file_;
    bool managed_;
    std::vector<apply::ManualHold> holds_;
    apply::LivePlaces noted_;
};

} // namespace hitless::ctl
