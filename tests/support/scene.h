/*
 * An analyzer by itself: what it teaches it learns at once.
 */
#ifndef HT_TEST_SCENE_H
#define HT_TEST_SCENE_H

#include "support.h"

#include "analysis/analyzer.h"

#include <stdlib.h>

struct scene {
    const struct ht_analyzer *analyzer;
    void *state;
    const char *connection; /* at hand: its id */
    struct ht_arena arena;
    struct ht_analysis analysis;
};

static inline struct ht_bytes scene_connection_id(void *engine)
{
    return ht_text(((struct scene *)engine)->connection);
}

static inline void scene_teach(void *engine, const struct ht_analyzer *analyzer,
                               struct ht_bytes lesson)
{
    struct scene *scene = engine;
    assert_ptr_equal(analyzer, scene->analyzer);
    analyzer->learn(scene->state, lesson);
}

/* scene_set_up makes a scene of the analyzer, for cmocka; scene_tear_down frees it and what was
 * allocated in its arena. */
static inline int scene_set_up(void **state, const struct ht_analyzer *analyzer)
{
    static const struct ht_analysis_settings settings = {.certificate_folder = -1};
    struct ht_error error;
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->analyzer = analyzer;
    scene->state    = calloc(1, analyzer->state_size);
    assert_non_null(scene->state);
    assert_true(analyzer->init(scene->state, &settings, &error));
    scene->analysis = (struct ht_analysis){.engine        = scene,
                                           .arena         = &scene->arena,
                                           .teach         = scene_teach,
                                           .connection_id = scene_connection_id};
    *state          = scene;
    return 0;
}

static inline int scene_tear_down(void **state)
{
    struct scene *scene = *state;
    scene->analyzer->fini(scene->state);
    ht_arena_clear(&scene->arena);
    free(scene->state);
    free(scene);
    return 0;
}

#endif
