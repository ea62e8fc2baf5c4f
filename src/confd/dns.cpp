#include "confd/dns.hpp"

#include "hitless/base/text.hpp"

#include "base/network.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <array>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <resolv.h>
#include <tuple>
#include <utility>

namespace hitless::confd {
namespace {

namespace ip = boost::asio::ip;

/// As Go prints addresses: an IPv4 one in IPv6 clothes is an IPv4 one.
std::string to_string(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

std::optional<ServiceRecord> parse_record(ns_msg& message, int index) {
    ns_rr record{};
    if (::ns_parserr(&message, ns_s_an, index, &record) != 0 || ns_rr_type(record) != ns_t_srv ||
        ns_rr_rdlen(record) < 7)
        return std::nullopt;
    const unsigned char* const data = ns_rr_rdata(record);
    std::array<char, NS_MAXDNAME> name{};
    if (::dn_expand(ns_msg_base(message), ns_msg_end(message), data + 6, name.data(),
                    static_cast<int>(name.size())) < 0)
        return std::nullopt;
    const auto number = [&](int at) { return static_cast<std::uint16_t>(ns_get16(data + at)); };
    return ServiceRecord{std::string(name.data()) + ".", number(4), number(0), number(2)};
}

/// The resolver's state for one question.
class Resolver {
  public:
    Resolver() { usable_ = ::res_ninit(&state_) == 0; }
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    ~Resolver() {
        if (usable_)
            ::res_nclose(&state_);
    }

    Result<std::vector<unsigned char>> ask(const std::string& name, int type) {
        std::vector<unsigned char> answer(65'536);
        if (!usable_)
            return Error{"the resolver can't be set up"};
        const int size = ::res_nsearch(&state_, name.c_str(), ns_c_in, type, answer.data(),
                                       static_cast<int>(answer.size()));
        if (size < 0)
            return Error{::hstrerror(state_.res_h_errno)};
        answer.resize(std::min<std::size_t>(answer.size(), static_cast<std::size_t>(size)));
        return answer;
    }

    /// The last question was answered by "there is none".
    [[nodiscard]] bool says_none() const {
        return usable_ && (state_.res_h_errno == HOST_NOT_FOUND || state_.res_h_errno == NO_DATA);
    }

  private:
    struct __res_state state_ {};
    bool usable_ = false;
};

} // namespace

Result<std::vector<ServiceRecord>> look_up_srv(const std::string& name) {
    const auto answer = Resolver().ask(name, ns_t_srv);
    if (!answer)
        return answer.error();
    return parse_srv_answer(*answer);
}

Result<std::vector<ServiceRecord>> parse_srv_answer(std::span<const unsigned char> answer) {
    ns_msg message{};
    if (::ns_initparse(answer.data(), static_cast<int>(answer.size()), &message) != 0)
        return Error{"the answer is malformed"};
    std::vector<ServiceRecord> records;
    for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
        if (auto record = parse_record(message, i))
            records.push_back(std::move(*record));
    }
    if (records.empty())
        return Error{"there is no such record"};
    std::ranges::stable_sort(records, [](const ServiceRecord& a, const ServiceRecord& b) {
        return std::tuple(a.priority, -int{a.weight}) < std::tuple(b.priority, -int{b.weight});
    });
    return records;
}

std::vector<std::string> sorted_addresses(const Answer& answer) {
    std::vector<std::string> addresses;
    for (const std::string& address : answer.addresses)
        addresses.push_back(to_string(ip::make_address(address)));
    std::ranges::sort(addresses);
    return addresses;
}

namespace {

Answer look_up_addresses(const std::string& host) {
    // A NUL would cut the name short.
    if (host.empty() || host.find('\0') != std::string::npos)
        return {Answer::Kind::none, {}, {}};
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY)
        return {Answer::Kind::none, {}, {}};
    if (error != 0)
        return {Answer::Kind::failed, {}, {}};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    Answer answer{Answer::Kind::found, {}, {}};
    for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
        if (info->ai_family == AF_INET || info->ai_family == AF_INET6)
            answer.addresses.push_back(base::address_of(info->ai_addr).to_string());
    }
    return answer;
}

Answer look_up_services(const std::string& name) {
    Resolver resolver;
    const auto message = resolver.ask(name, ns_t_srv);
    if (!message)
        return {resolver.says_none() ? Answer::Kind::none : Answer::Kind::failed, {}, {}};
    auto records = parse_srv_answer(*message);
    if (!records)
        return {Answer::Kind::none, {}, {}};
    return {Answer::Kind::found, {}, std::move(*records)};
}

} // namespace

Answer look_up(const Question& question) {
    return question.kind == Question::Kind::services ? look_up_services(question.name)
                                                     : look_up_addresses(question.name);
}

bool same(const Answer& one, const Answer& other) {
    const auto sorted = [](auto list) {
        std::ranges::sort(list);
        return list;
    };
    return sorted(one.addresses) == sorted(other.addresses) &&
           sorted(one.services) == sorted(other.services);
}

Result<std::string> interface_address(const std::string& interface, int family) {
    const auto addresses = base::interface_addresses(interface);
    if (!addresses)
        return addresses.error();
    if (!*addresses)
        return fail("there is no network interface '{}'", base::printable(interface, 40));
    const auto found = std::ranges::find(**addresses, family == AF_INET, &ip::address::is_v4);
    if (found != (*addresses)->end())
        return to_string(*found);
    return fail("the network interface '{}' has no {} address", base::printable(interface, 40),
                family == AF_INET ? "IPv4" : "IPv6");
}

} // namespace hitless::confd
