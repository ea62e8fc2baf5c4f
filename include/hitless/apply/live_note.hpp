#pragma once

#include "hitless/base/result.hpp"
#include "hitless/haproxy/running.hpp"
#include "hitless/plan/plan.hpp"

#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace hitless::apply {

/// What servers of a process are there for, which neither HAProxy nor a file says that is behind.
/// It counts only until someone puts the server into another state.
struct LivePlaces {
    /// A spare server (plan/slots.hpp): the one in whose place it is; empty: in nobody's.
    std::map<plan::ServerId, std::string> slots;
    /// A server that is or was in maintenance: whether it was taken out to be deleted.
    std::map<plan::ServerId, bool> leaving;
};

/// Notes in `running` in whose places spare servers are. One in maintenance is free, whatever was
/// noted of it.
void take_noted_slots(haproxy::Running& running, const LivePlaces& noted);

/// The process was started after dest took its name, and has read it as it is now. False in the
/// second of both, and where dest is missing. Its time (st_mtime) is older than that: check_cmd
/// looks at the text before the renaming, which sets st_ctime.
[[nodiscard]] bool has_read(const haproxy::Info& process, const std::string& dest);
/// The same, but true in the second of both.
[[nodiscard]] bool may_have_read(const haproxy::Info& process, const std::string& dest);

/// Remembers, in a file beside dest, that a running HAProxy has been brought further than dest
/// says, or is about to be, and which of its objects: commands are sent before dest is written.
/// Whoever is started after us, and hitlessctl, would take dest for what HAProxy runs.
class LiveNote {
  public:
    explicit LiveNote(const std::string& dest);

    /// This process is about to be changed. `objects`: those of which HAProxy won't tell what they
    /// were brought to, such as the options of servers. `places`: those that become others. To be
    /// called before the commands are sent. An Error: it can't be noted.
    Result<void> add(const haproxy::Info& process, std::span<const plan::ObjectId> objects,
                     const LivePlaces& places = {});

    /// dest is about to say something else of these objects, and not each HAProxy was told. So dest
    /// doesn't say what HAProxies that were started before have of them.
    Result<void> add_untold(std::span<const plan::ObjectId> objects);

    /// dest says what HAProxy runs.
    void clear();

    /// dest says what HAProxy is being brought to, though HAProxy is not all there yet.
    void confirm_dest() const;

    /// dest was put back to an older text than what HAProxy has been brought to, if that is noted.
    void outdate_dest() const;

    /// The same of a dest that is about to be put back: nobody must take it for what HAProxy runs
    /// meanwhile, however new it is. outdate_dest() ends that.
    void outdate_coming_dest() const;

    [[nodiscard]] bool is_set() const;

    /// This process was last changed after dest was written: dest doesn't say yet what it was
    /// brought to. Also true where both are of one moment. An Error: that can't be read.
    [[nodiscard]] Result<bool> is_newer_than_dest(const haproxy::Info& process) const;

    /// The objects that are noted of this process, by whomever, and those that it was not told of
    /// by an earlier run. An Error: that can't be read.
    [[nodiscard]] Result<std::set<plan::ObjectId>> read(const haproxy::Info& process) const;

    /// The places that are noted of this process, by whomever. None where the note is gone, as when
    /// dest says what HAProxy runs. An Error: that can't be read.
    [[nodiscard]] Result<LivePlaces> places(const haproxy::Info& process) const;

  private:
    /// Notes that the place is `value` now, unless that is what it was noted as last.
    void note_place(const std::string& place, const std::string& value, std::string& text);
    /// What was noted is to be noted anew.
    void forget();
    /// The lines that begin so, without that.
    [[nodiscard]] Result<std::vector<std::string>> lines(const std::string& begin) const;
    Result<void> append(const std::string& text);

    std::string dest_;
    std::string path_;
    std::set<std::string> noted_;               ///< lines
    std::map<std::string, std::string> places_; ///< lines without their last word, which is here
};

} // namespace hitless::apply
