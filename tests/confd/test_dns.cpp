#include "confd/dns.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace hitless::confd {
namespace {

using testing::HasSubstr;

/// A DNS message that answers "_etcd._tcp.x." with records, as a server writes it.
class Message {
  public:
    explicit Message(std::uint16_t answers) {
        for (const std::uint16_t number :
             std::initializer_list<std::uint16_t>{0x1234, 0x8180, 1, answers, 0, 0})
            add(number);
        add_name("_etcd._tcp.x");
        add(33); // SRV
        add(1);  // IN
    }

    Message& record(std::uint16_t type, const std::string& data) {
        add(0xc00c); // the name of the question
        add(type);
        add(1);
        add(0);
        add(60); // the time to live
        add(static_cast<std::uint16_t>(data.size()));
        bytes_.insert(bytes_.end(), data.begin(), data.end());
        return *this;
    }

    Message& service(std::uint16_t priority, std::uint16_t weight, std::uint16_t port,
                     std::string_view host) {
        Message data;
        data.add(priority);
        data.add(weight);
        data.add(port);
        data.add_name(host);
        return record(33, {data.bytes_.begin(), data.bytes_.end()});
    }

    [[nodiscard]] const std::vector<unsigned char>& bytes() const { return bytes_; }

  private:
    Message() = default;

    void add(std::uint16_t number) {
        bytes_.push_back(static_cast<unsigned char>(number >> 8U));
        bytes_.push_back(static_cast<unsigned char>(number & 0xffU));
    }
    void add_name(std::string_view name) {
        while (!name.empty()) {
            const std::string_view label = name.substr(0, name.find('.'));
            bytes_.push_back(static_cast<unsigned char>(label.size()));
            bytes_.insert(bytes_.end(), label.begin(), label.end());
            name.remove_prefix(std::min(name.size(), label.size() + 1));
        }
        bytes_.push_back(0);
    }

    std::vector<unsigned char> bytes_;
};

TEST(ServiceRecords, ComeByPriorityAndWeight) {
    const auto records = parse_srv_answer(Message(4)
                                              .service(20, 1, 4, "d.x")
                                              .service(10, 5, 2, "b.x")
                                              .record(5, std::string("\1c\1x\0", 5)) // a CNAME
                                              .service(10, 50, 2379, "a.example.test")
                                              .bytes());
    ASSERT_TRUE(records) << records.error().message;
    ASSERT_EQ(records->size(), 3U);
    EXPECT_EQ((*records)[0].target, "a.example.test.");
    EXPECT_EQ((*records)[0].port, 2379);
    EXPECT_EQ((*records)[0].priority, 10);
    EXPECT_EQ((*records)[0].weight, 50);
    EXPECT_EQ((*records)[1].target, "b.x.");
    EXPECT_EQ((*records)[2].target, "d.x.");
}

TEST(ServiceRecords, AreNotMadeUp) {
    const auto none = parse_srv_answer(Message(0).bytes());
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, HasSubstr("no such record"));
    EXPECT_FALSE(parse_srv_answer({}));
    // Cut anywhere, it is an error or has fewer records.
    const auto whole = Message(2).service(1, 2, 3, "a.x").service(1, 1, 3, "b.x").bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto cut = parse_srv_answer(std::span(whole).first(size));
        EXPECT_TRUE(!cut || cut->size() < 2) << size;
    }
}

} // namespace
} // namespace hitless::confd
