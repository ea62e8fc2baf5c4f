#pragma once

#include "hitless/base/result.hpp"
#include "hitless/etcd/settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace hitless::etcd {

/// A key to hold.
struct Registration {
    std::string key; ///< absolute
    std::string value;
    std::chrono::seconds ttl{15}; ///< goes away so long after it was last renewed
};

/// What a key holds, and since when.
struct Holding {
    std::string value;
    std::uint64_t owner = 0; ///< v2: createdIndex, which another's set changes; v3: the lease, or 0
    std::uint64_t version = 0;               ///< v2: modifiedIndex; v3: mod_revision
    std::optional<std::chrono::seconds> ttl; ///< what is left; nullopt when it never goes away
};

/// Holds one key of etcd with a TTL, and never one that somebody else has taken: every write is
/// conditional, in v2 on the index, in v3 on the lease or the revision. A write whose answer was
/// lost is recognized as one's own. Troubles with nodes are logged, once each, and the next node is
/// taken.
class Claim {
  public:
    /// Throws std::invalid_argument when check_nodes(settings) is an error.
    Claim(boost::asio::any_io_executor executor, const Settings& settings,
          const Registration& registration);
    ~Claim();

    struct Standing {
        enum class Kind {
            ours,    ///< we hold it, as in `holding`
            others,  ///< somebody else holds it, as in `holding`; it was left alone
            nobodys, ///< it isn't there
            unknown, ///< etcd couldn't be asked: try again after `pause`
            /// No value can be at the key, as `why` says: it is a directory, or lies below a value.
            /// Who waits for that to change tries again after `pause`.
            impossible,
        };
        Kind kind = Kind::unknown;
        Holding holding;
        bool is_new = false; ///< it wasn't ours before
        std::chrono::milliseconds pause{};
        std::string why = {}; ///< of `impossible` and `unknown`
        /// It is new, and there are keys below it. (etcd's v3 store allows that.)
        bool has_keys_below = false;
    };

    /// How far to go when somebody else holds the key.
    enum class Force {
        none,       ///< leave it; but one that has our value and no TTL is nobody's
        same_value, ///< take what has our value
        any,        ///< take it whatever it has
    };

    /// Holds the key, or renews it: without an event for watchers, unless it has to be set. One
    /// caller at a time.
    boost::asio::awaitable<Standing> keep(Force force = Force::none);

    /// Removes the key if it is ours (or, with force, if that allows it).
    boost::asio::awaitable<Standing> release(Force force = Force::none);

    /// The key is ours, as a note of an earlier run has it: unless somebody has set it since, it is
    /// renewed and removed like one that we have set.
    void adopt(const Holding& holding);

    /// False when there is nothing to release: we have never set the key, or it was taken from us.
    [[nodiscard]] bool may_hold() const;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> self_;
};

} // namespace hitless::etcd
