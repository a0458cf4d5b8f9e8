// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "qmp/replywatch.h"
#include "qmp/schema.h"

#include <array>
#include <memory>

namespace cutover::ui {

class SessionModel;

/// What each VMM understands, as it told. The session asks the source while it checks; the other answers are
/// asked for when somebody wants them.
class SchemaStore : public QObject
{
    Q_OBJECT
public:
    /// \a session is borrowed.
    explicit SchemaStore(SessionModel* session, QObject* parent = nullptr);

    /// The schema of the VMM on \a side; as long as it is not known, that of the other side if both say to be
    /// the same program; else null.
    std::shared_ptr<const qmp::Schema> schema(Side side);
    /// Asks the VMM on \a side, if it has not been asked and can be asked without disturbing a migration.
    void request(Side side);

Q_SIGNALS:
    void changed();

private:
    struct Known
    {
        QString greeting;
        QString reply; ///< raw; parsed when it is first needed
        std::shared_ptr<const qmp::Schema> schema;
        bool asked = false;
    };
    Known& known(Side side) { return m_known[side == Side::Destination ? 1 : 0]; }

    SessionModel* m_session;
    ReplyWatch m_watch;
    std::array<Known, 2> m_known;
};

} // namespace cutover::ui
