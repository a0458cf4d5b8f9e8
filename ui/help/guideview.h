// SPDX-FileCopyrightText: 2026 The Cutover authors
// SPDX-License-Identifier: GPL-3.0-or-later

#pragma once

#include "help/guide.h"

#include <QTextBrowser>

namespace cutover::ui {

/// Shows pages of the guide. Follows the palette and the font of its window; Alt+Left and Alt+Right go
/// through what was read.
class GuideView : public QTextBrowser
{
    Q_OBJECT
public:
    /// \a guide is borrowed.
    explicit GuideView(const Guide& guide, QWidget* parent = nullptr);

    /// The page \a id; at \a anchor, as guideAnchor() makes it. The index when there is no such page.
    void showPage(const QString& id, const QString& anchor = {});
    QString page() const;
    /// Marks all places of the page that have one of \a words.
    void mark(const QStringList& words);

Q_SIGNALS:
    void pageChanged(const QString& id);
    /// A link of the kind action:ID.
    void actionRequested(const QString& id);

protected:
    QVariant loadResource(int type, const QUrl& name) override;
    void doSetSource(const QUrl& url, QTextDocument::ResourceType type) override;
    void changeEvent(QEvent* event) override;

private:
    void follow(const QUrl& link);
    void style();
    void goTo(const QString& anchor);

    const Guide& m_guide;
    QStringList m_marked;
};

} // namespace cutover::ui
